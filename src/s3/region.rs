//! Names the region of a bucket that was asked for in another one. `object_store` only says that there is a redirect.

use async_trait::async_trait;
use object_store::{
    ClientOptions, Result,
    client::{
        HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService, ReqwestConnector,
    },
};

/// Connects as usual, and makes a redirect to another region an error that names it.
#[derive(Debug)]
pub struct NamedRegion;

impl HttpConnector for NamedRegion {
    fn connect(&self, options: &ClientOptions) -> Result<HttpClient> {
        Ok(HttpClient::new(Naming(ReqwestConnector::default().connect(options)?)))
    }
}

#[derive(Debug)]
struct Naming(HttpClient);

#[async_trait]
impl HttpService for Naming {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        Ok(named(self.0.execute(request).await?))
    }
}

/// What an error of another region begins with.
pub(super) const IN_REGION: &str = "the bucket is in the region";

/// An answer of S3; a redirect to another region as an error that names it.
pub(super) fn named(answer: HttpResponse) -> HttpResponse {
    let region = answer.headers().get("x-amz-bucket-region").and_then(|region| region.to_str().ok());
    let Some(region) = region.filter(|_| answer.status().is_redirection()) else { return answer };
    let text =
        format!("<Error><Code>PermanentRedirect</Code><Message>{IN_REGION} `{region}`</Message></Error>");
    let (mut parts, _) = answer.into_parts();
    if let Ok(status) = 400u16.try_into() {
        parts.status = status;
    }
    parts.headers.remove("content-length");
    HttpResponse::from_parts(parts, text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_redirect_names_the_region() {
        let answer = |status: u16, region: Option<&str>| {
            let mut answer = HttpResponse::new(String::from("text").into());
            *answer.status_mut() = status.try_into().unwrap();
            if let Some(region) = region {
                answer.headers_mut().insert("x-amz-bucket-region", region.parse().unwrap());
            }
            answer
        };
        let redirect = named(answer(301, Some("eu-central-1")));
        assert_eq!(redirect.status().as_u16(), 400);
        let text = redirect.into_body().bytes().await.unwrap();
        assert!(String::from_utf8_lossy(&text).contains("in the region `eu-central-1`"), "{text:?}");
        for (status, region) in [(200, Some("eu-central-1")), (301, None)] {
            assert_eq!(named(answer(status, region)).status().as_u16(), status);
        }
    }
}
