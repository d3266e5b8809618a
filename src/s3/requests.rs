//! Counts the requests to a bucket by what S3 and KMS charge for them.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use object_store::client::HttpResponse;

use crate::domain::price::{Encryption, Requests};

/// The requests that one or more clients of a bucket have made, as far as they succeeded.
#[derive(Debug, Default)]
pub struct RequestCounter {
    lists: AtomicU64,
    /// GETs of objects that S3 encrypts by itself.
    plain: AtomicU64,
    /// GETs of objects that a KMS key encrypts.
    kms: AtomicU64,
    /// GETs of objects that a KMS key encrypts by way of a bucket key.
    bucket_key: AtomicU64,
}

impl RequestCounter {
    /// Counts a listing that succeeded.
    pub(super) fn note_list(&self) {
        self.lists.fetch_add(1, Relaxed);
    }

    /// Counts the GET or HEAD of an object by its answer.
    pub(super) fn note_object(&self, answer: &HttpResponse) {
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let is_kms = header("x-amz-server-side-encryption").is_some_and(|value| value.starts_with("aws:kms"));
        let has_bucket_key = header("x-amz-server-side-encryption-bucket-key-enabled") == Some("true");
        let counted = match (is_kms, has_bucket_key) {
            (false, _) => &self.plain,
            (true, false) => &self.kms,
            (true, true) => &self.bucket_key,
        };
        counted.fetch_add(1, Relaxed);
    }

    /// How the objects are encrypted that were asked for; the dearest if they differ.
    #[must_use]
    pub fn encryption(&self) -> Encryption {
        match [&self.kms, &self.bucket_key, &self.plain].map(|count| count.load(Relaxed) > 0) {
            [true, ..] => Encryption::Kms,
            [_, true, _] => Encryption::BucketKey,
            [.., true] => Encryption::S3,
            _ => Encryption::Unknown,
        }
    }

    /// The requests so far.
    #[must_use]
    pub fn requests(&self) -> Requests {
        [
            (&self.plain, Encryption::S3),
            (&self.kms, Encryption::Kms),
            (&self.bucket_key, Encryption::BucketKey),
        ]
        .into_iter()
        .fold(Requests::reading(0, self.lists.load(Relaxed), Encryption::S3), |sum, (count, encryption)| {
            sum + Requests::reading(count.load(Relaxed), 0, encryption)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_show_how_objects_are_encrypted() {
        let counter = RequestCounter::default();
        let answer = |headers: &[(&'static str, &'static str)]| {
            let mut answer = HttpResponse::new(Vec::<u8>::new().into());
            for (name, value) in headers {
                answer.headers_mut().insert(*name, value.parse().unwrap());
            }
            answer
        };
        assert_eq!(counter.encryption(), Encryption::Unknown);
        counter.note_list();
        counter.note_object(&answer(&[("x-amz-server-side-encryption", "AES256")]));
        assert_eq!(counter.encryption(), Encryption::S3);
        let kms = ("x-amz-server-side-encryption", "aws:kms");
        counter.note_object(&answer(&[kms, ("x-amz-server-side-encryption-bucket-key-enabled", "true")]));
        assert_eq!(counter.encryption(), Encryption::BucketKey);
        counter.note_object(&answer(&[kms, ("x-amz-server-side-encryption-bucket-key-enabled", "false")]));
        counter.note_object(&answer(&[("x-amz-server-side-encryption", "aws:kms:dsse")]));
        assert_eq!(counter.encryption(), Encryption::Kms);
        assert_eq!(counter.requests(), Requests { gets: 4, lists: 1, decrypts: 3, unknown: 0 });
    }
}
