//! The HTTPS client that trusts the authorities of a file (`AWS_CA_BUNDLE`) and no others.

use std::fs;

use aws_sdk_kms::config::SharedHttpClient;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, ConnectorBuilder};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// Why a file holds no authorities.
pub(super) type BundleFault = String;

/// A client that trusts what is in this file of PEM certificates.
///
/// # Errors
/// What is wrong with the file, in words.
pub(super) fn client(path: &str) -> Result<SharedHttpClient, BundleFault> {
    let pem = fs::read(path).map_err(|error| error.to_string())?;
    check(&pem)?;
    let trusted = TrustStore::empty().with_pem_certificate(pem);
    let context = TlsContext::builder()
        .with_trust_store(trusted)
        .build()
        .map_err(|error| format!("it cannot be used: {error}"))?;
    Ok(Builder::new().build_with_connector_fn(move |settings, components| {
        // As the SDK's own client, but for the trust store.
        let mut connector = ConnectorBuilder::default()
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .tls_context(context.clone());
        connector.set_connector_settings(settings.cloned());
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        connector.build()
    }))
}

/// The client takes for granted that the file is good.
fn check(pem: &[u8]) -> Result<(), BundleFault> {
    let mut roots = RootCertStore::empty();
    for (place, certificate) in (1..).zip(CertificateDer::pem_slice_iter(pem)) {
        let certificate =
            certificate.map_err(|error| format!("certificate {place} cannot be read: {error}"))?;
        roots.add(certificate).map_err(|error| format!("certificate {place} cannot be used: {error}"))?;
    }
    if roots.is_empty() { Err("it holds no certificate in PEM".to_owned()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_bundle_is_found_before_it_is_used() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("bundle.pem");
        let name = path.to_string_lossy().into_owned();
        assert!(client(&name).expect_err("absent").contains("No such file"));
        for (text, words) in [
            ("", "no certificate"),
            ("nothing", "no certificate"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "certificate 1"),
            ("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", "certificate 1"),
        ] {
            fs::write(&path, text).expect("written");
            let fault = client(&name).expect_err("no bundle");
            assert!(fault.contains(words), "{fault}");
        }
    }
}
