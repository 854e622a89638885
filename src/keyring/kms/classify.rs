//! From the SDK's errors to [`KmsFailure`].

use std::error::Error;

use aws_sdk_kms::config::http::HttpResponse;
use aws_sdk_kms::error::{ConnectorError, ProvideErrorMetadata, SdkError};

use super::failure::{KmsFailure, KmsFailureKind};
use super::settings::KmsLimits;

/// Fills in kind, code, message and limit. `failure.attempts` must tell whether anything was sent.
pub(super) fn classified<E>(
    error: &SdkError<E, HttpResponse>,
    limits: &KmsLimits,
    failure: KmsFailure,
) -> KmsFailure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let sent = failure.attempts.unwrap_or(0) > 0;
    let of_kind = |kind, message: Option<String>| KmsFailure {
        kind,
        message: message.map(Into::into),
        ..failure.clone()
    };
    match error {
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            let metadata = service.err().meta();
            let known = metadata.code().and_then(KmsFailureKind::of_code);
            let message = match (metadata.code(), metadata.message()) {
                (_, Some(message)) => Some(message.to_owned()),
                (Some(_), None) => None,
                (None, None) => Some(format!("HTTP status {status}, and an answer that cannot be read")),
            };
            KmsFailure {
                code: metadata.code().map(Into::into),
                ..of_kind(known.unwrap_or(KmsFailureKind::of_status(status)), message)
            }
        }
        SdkError::TimeoutError(_) => {
            // The SDK keeps the two apart in the text only.
            let whole = chain(error).any(|cause| cause.to_string().starts_with("operation timeout"));
            let limit = if whole { limits.operation_timeout } else { limits.attempt_timeout };
            KmsFailure { limit: Some(limit), ..of_kind(KmsFailureKind::TimedOut, None) }
        }
        SdkError::DispatchFailure(dispatch) if dispatch.is_timeout() => KmsFailure {
            limit: Some(limits.connect_timeout),
            ..of_kind(KmsFailureKind::TimedOut, Some(innermost(error)))
        },
        SdkError::DispatchFailure(dispatch) if sent || dispatch.is_io() => {
            let untrusted = chain(error).any(|cause| cause.to_string().contains("certificate"));
            let kind = if untrusted { KmsFailureKind::Untrusted } else { KmsFailureKind::Unreachable };
            of_kind(kind, Some(innermost(error)))
        }
        SdkError::ResponseError(response) => match response.raw().status().as_u16() {
            status @ 500..=599 => of_kind(KmsFailureKind::of_status(status), Some(innermost(error))),
            _ => of_kind(
                KmsFailureKind::Unreachable,
                Some(format!("the answer broke off: {}", innermost(error))),
            ),
        },
        _ if !sent => {
            let of_endpoint = chain(error).any(|cause| cause.to_string().contains("endpoint"));
            if of_endpoint {
                return of_kind(KmsFailureKind::Other, Some(innermost(error)));
            }
            // The credentials are somebody else's to give: STS, SSO, the instance. He may be there another time.
            let message = format!("the credentials could not be had: {}", innermost(error));
            match passing(error) {
                Some(kind) => of_kind(kind, Some(message)),
                None => of_kind(KmsFailureKind::NoCredentials, Some(without_chain(innermost(error)))),
            }
        }
        _ => of_kind(KmsFailureKind::Other, Some(innermost(error))),
    }
}

/// In place of the list of everything that was looked at and is not there.
fn without_chain(text: String) -> String {
    match text.starts_with("no credentials found in chain") {
        true => "environment, profile, web identity, container and instance give none".to_owned(),
        false => text,
    }
}

/// Whether the network, or a service beside KMS, failed for the moment.
fn passing(error: &(dyn Error + 'static)) -> Option<KmsFailureKind> {
    chain(error).find_map(|cause| {
        if let Some(connector) = cause.downcast_ref::<ConnectorError>() {
            return match (connector.is_timeout(), connector.is_io()) {
                (true, _) => Some(KmsFailureKind::TimedOut),
                (_, true) => Some(KmsFailureKind::Unreachable),
                _ => None,
            };
        }
        let text = cause.to_string();
        // A connection that is not even made says nothing: only an instance has what listens there.
        let timed_out = ["operation timeout", "operation attempt timeout", "HTTP read timeout"];
        if timed_out.iter().any(|words| text.contains(words)) {
            return Some(KmsFailureKind::TimedOut);
        }
        // The answers of STS and SSO are of types of theirs; all of them show their status like this.
        let shape = format!("{cause:?}");
        let status = shape.split("StatusCode(").nth(1).and_then(|rest| rest.split(')').next()?.parse().ok());
        if let Some(kind) = status.map(KmsFailureKind::of_status).filter(|kind| kind.is_passing()) {
            return Some(kind);
        }
        let code = text.split(|letter: char| !letter.is_ascii_alphanumeric());
        code.filter_map(KmsFailureKind::of_code).find(|kind| kind.is_passing())
    })
}

/// An error and its causes, outermost first.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// What the last cause in the chain says, on one line.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let text = chain(error).last().map_or_else(String::new, ToString::to_string);
    text.lines().map(str::trim).collect::<Vec<_>>().join("; ").replace(":; ", ": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::kms::failure::KmsOperation;
    use aws_sdk_kms::error::{ConnectorError, ErrorMetadata};
    use aws_sdk_kms::operation::decrypt::DecryptError;

    type Failed = SdkError<DecryptError, HttpResponse>;

    fn found(error: &Failed, attempts: u32) -> KmsFailure {
        let failure = KmsFailure::new(KmsOperation::Decrypt, "alias/a", KmsFailureKind::Other);
        classified(error, &KmsLimits::default(), KmsFailure { attempts: Some(attempts), ..failure })
    }

    fn answer(status: u16) -> HttpResponse {
        HttpResponse::new(status.try_into().expect("a status"), "<html>".into())
    }

    fn service(code: Option<&str>, status: u16) -> KmsFailure {
        let mut metadata = ErrorMetadata::builder();
        if let Some(code) = code {
            metadata = metadata.code(code).message("words");
        }
        let error = DecryptError::generic(metadata.build());
        found(&Failed::service_error(error, answer(status)), 1)
    }

    #[test]
    fn codes_count_before_statuses() {
        let denied = service(Some("AccessDeniedException"), 400);
        assert_eq!(denied.kind, KmsFailureKind::AccessDenied);
        assert_eq!(denied.code.as_deref(), Some("AccessDeniedException"));
        assert_eq!(denied.message.as_deref(), Some("words"));
        assert_eq!(service(Some("ThrottlingException"), 500).kind, KmsFailureKind::Throttled);
        assert_eq!(service(Some("NewException"), 400).kind, KmsFailureKind::Other);
        assert_eq!(service(None, 503).kind, KmsFailureKind::ServiceFault);
        assert_eq!(service(None, 200).kind, KmsFailureKind::Unreadable);
    }

    #[test]
    fn time_limits_are_told_apart() {
        let whole = "operation timeout (all attempts including retries) occurred after 60s";
        let failure = found(&Failed::timeout_error(whole), 3);
        assert_eq!(failure.limit, Some(KmsLimits::OPERATION_TIMEOUT));
        let one = "operation attempt timeout (single attempt) occurred after 10s";
        assert_eq!(found(&Failed::timeout_error(one), 3).limit, Some(KmsLimits::ATTEMPT_TIMEOUT));
        let connect = Failed::dispatch_failure(ConnectorError::timeout("connect".into()));
        assert_eq!(found(&connect, 3).limit, Some(KmsLimits::CONNECT_TIMEOUT));
        assert_eq!(found(&connect, 3).kind, KmsFailureKind::TimedOut);
    }

    #[test]
    fn networks_certificates_and_credentials_are_told_apart() {
        let io = |text: &str| Failed::dispatch_failure(ConnectorError::io(text.into()));
        assert_eq!(found(&io("connection refused"), 3).kind, KmsFailureKind::Unreachable);
        assert_eq!(found(&io("invalid peer certificate"), 3).kind, KmsFailureKind::Untrusted);
        let cut = Failed::response_error("end of file", answer(200));
        assert_eq!(found(&cut, 3).kind, KmsFailureKind::Unreachable);
        let unsent = Failed::construction_failure("no providers:\n  Profile: none");
        assert_eq!(found(&unsent, 0).kind, KmsFailureKind::NoCredentials);
        assert_eq!(found(&unsent, 0).message.as_deref(), Some("no providers: Profile: none"));
        let endpoint = Failed::construction_failure("endpoint must contain scheme");
        assert_eq!(found(&endpoint, 0).kind, KmsFailureKind::Other);
    }
}
