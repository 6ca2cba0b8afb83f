//! Reads requests, and answers with a problem when they cannot be read.

use crate::problem::{Kind, Problem};
use axum::extract::rejection::{BytesRejection, JsonRejection, PathRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

/// The JSON body of a request.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<S, T> FromRequest<S> for Body<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(unreadable(rejection)),
        }
    }
}

/// What serde says names fields and types, never values of ours: it may be shown to whoever sent the body.
fn unreadable(rejection: JsonRejection) -> Problem {
    match rejection {
        JsonRejection::JsonDataError(error) => Problem::new(Kind::MalformedBody, innermost(&error)),
        JsonRejection::JsonSyntaxError(error) => {
            Problem::new(Kind::MalformedBody, format!("the body is not JSON: {}", innermost(&error)))
        }
        JsonRejection::MissingJsonContentType(_) => Problem::new(
            Kind::UnsupportedMediaType,
            "send JSON with the header Content-Type: application/json",
        ),
        JsonRejection::BytesRejection(BytesRejection::FailedToBufferBody(error))
            if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE =>
        {
            Problem::new(Kind::TooLarge, format!("send at most {} KiB", crate::router::BODY_BYTES_MAX / 1024))
        }
        other => Problem::new(Kind::MalformedBody, "the body could not be received").caused_by(other),
    }
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// The query of a request; a parameter may be given several times where a list is expected.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<S, T> FromRequestParts<S> for Query<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum_extra::extract::Query::<T>::from_request_parts(parts, state).await {
            Ok(axum_extra::extract::Query(query)) => Ok(Self(query)),
            Err(rejection) => Err(Problem::new(Kind::MalformedQuery, innermost(&rejection))),
        }
    }
}

/// The ids in the path of a request. What is no id names nothing: the answer is 404.
#[derive(Debug)]
pub(crate) struct Ids<T>(pub(crate) T);

impl<S, T> FromRequestParts<S> for Ids<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Send,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(ids)) => Ok(Self(ids)),
            Err(PathRejection::FailedToDeserializePathParams(_)) => Err(Problem::not_found("id")),
            Err(rejection) => Err(Problem::internal(rejection)),
        }
    }
}
