//! From the SDK's errors to [`KmsFailure`].

use std::error::Error;

use aws_sdk_kms::config::http::HttpResponse;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};

use super::config::KmsLimits;
use super::failure::{KmsFailure, KmsFailureKind};

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
            let kind = if of_endpoint { KmsFailureKind::Other } else { KmsFailureKind::NoCredentials };
            of_kind(kind, Some(innermost(error)))
        }
        _ => of_kind(KmsFailureKind::Other, Some(innermost(error))),
    }
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
