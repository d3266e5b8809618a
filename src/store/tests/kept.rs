//! What a store keeps besides the state: messages, briefs, notes. What it says when it cannot.

use super::{
    super::{
        ArchivedBriefs, archive,
        error::{OneLineError, Trouble},
        s3,
    },
    *,
};

#[test]
fn a_message_is_kept_until_it_is_removed() {
    on_each(|store| async move {
        assert_eq!(store.message("daily", "daily-1").await.unwrap(), None);
        messages(&store, &["daily-1", "daily-2"]).await;
        let kept = store.message("daily", "daily-1").await.unwrap().unwrap();
        assert_eq!((kept.run.as_str(), kept.list.as_str()), ("daily-1", "daily"));
        for _ in 0..2 {
            store.remove_message("daily", "daily-1").await.unwrap();
            assert_eq!(store.message("daily", "daily-1").await.unwrap(), None);
        }
        assert!(store.message("daily", "daily-2").await.unwrap().is_some());
    });
}

#[test]
fn what_organizations_said_is_kept_for_all_schedules() {
    on_each(|store| async move {
        assert_eq!(store.organization().await.unwrap(), None);
        let mut known = KnownOrganization { asked: at(0), id: None, accounts: None, has_units: false };
        for id in ["o-first", "o-second"] {
            known.id = Some(id.to_owned());
            store.keep_organization(&known).await.unwrap();
            assert_eq!(store.organization().await.unwrap().as_ref(), Some(&known));
        }
        store.backend.put("organization.json", HALF.to_vec()).await.unwrap();
        let error = store.organization().await.unwrap_err();
        assert!(
            matches!(&error, StoreError::Damaged { location, .. } if location.ends_with("organization.json")),
            "{error}"
        );
    });
}

#[test]
fn a_damaged_message_is_named() {
    on_each(|store| async move {
        store.backend.put("outbox/daily/daily-1.json", HALF.to_vec()).await.unwrap();
        let error = store.message("daily", "daily-1").await.unwrap_err();
        assert!(
            matches!(&error, StoreError::Damaged { location, .. } if location.ends_with("daily-1.json")),
            "{error}"
        );
    });
}

#[test]
fn a_brief_is_archived_in_both_forms_where_its_address_says() {
    on_each(|store| async move {
        store.archive("daily", "daily-1", "{}", "<p>").await.unwrap();
        for (name, kept) in [("briefs/daily/daily-1.json.gz", "{}"), ("briefs/daily/daily-1.html.gz", "<p>")]
        {
            let bytes = store.backend.get(name).await.unwrap().unwrap();
            assert_eq!(archive::text(&bytes).unwrap(), kept, "{name}");
        }
        // As a program before this one wrote it.
        store.backend.put("briefs/daily/daily-0.json", b"{\"old\":1}".to_vec()).await.unwrap();
        store.archive("daily", "daily-2", "{\"new\":1}", "").await.unwrap();
        let archived = async |after: &str, before: &str| {
            let ArchivedBriefs { briefs, left_out, damaged } =
                store.archived("daily", (after, before), 2).await.unwrap();
            (briefs.join(" "), left_out, damaged)
        };
        assert_eq!(archived("", "daily-2").await, ("{} {\"old\":1}".to_owned(), 0, 0));
        assert_eq!(archived("", "daily-3").await, ("{\"new\":1} {}".to_owned(), 1, 0));
        assert_eq!(archived("daily-0", "daily-3").await, ("{\"new\":1} {}".to_owned(), 0, 0));
        store
            .backend
            .put("briefs/daily/daily-2.json.gz", archive::compressed("{}")[..9].to_vec())
            .await
            .unwrap();
        assert_eq!(archived("", "daily-3").await, ("{} {\"old\":1}".to_owned(), 0, 1));
        assert_eq!(store.archived("other", ("", "other-9"), 2).await.unwrap(), ArchivedBriefs::default());
        let address = store.archive_location("daily", "daily-1");
        assert_eq!(address, store.backend.location("briefs/daily/daily-1.html.gz"));
        assert!(address.ends_with("briefs/daily/daily-1.html.gz"), "{address}");
    });
    assert_eq!(Store::memory().archive_location("daily", "daily-1"), "memory:briefs/daily/daily-1.html.gz");
    let directory = Store::directory("kept".into());
    assert_eq!(directory.archive_location("daily", "daily-1"), "kept/briefs/daily/daily-1.html.gz");
}

#[test]
fn a_note_is_kept_once_and_in_order_until_it_is_forgotten() {
    on_each(|store| async move {
        let mut claim = store.claim("daily", run("first"), at(0), LENGTH).await.unwrap();
        for note in ["one", "two", "one"] {
            claim.keep_note(note);
        }
        assert_eq!(notes(&claim), ["one", "two"]);
        claim.save(&begun("first")).await.unwrap();
        claim.release().await.unwrap();
        let mut claim = store.claim("daily", run("second"), at(1), LENGTH).await.unwrap();
        assert!(notes(&claim).starts_with(&["one".to_owned(), "two".to_owned()]), "{:?}", notes(&claim));
        claim.forget_notes();
        claim.save(&begun("second")).await.unwrap();
        claim.release().await.unwrap();
        let claim = store.claim("daily", run("third"), at(2), LENGTH).await.unwrap();
        assert!(!notes(&claim).contains(&"one".to_owned()), "{:?}", notes(&claim));
    });
}

#[tokio::test]
async fn what_a_directory_cannot_do_is_an_error_and_not_an_absence() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::directory(folder.path().to_owned());
    let is_io = |error: &StoreError, doing: &str| {
        assert!(matches!(error, StoreError::Io { .. }), "{doing}: {error}");
    };
    // A file stands where a directory must.
    fs::create_dir(folder.path().join("outbox")).unwrap();
    fs::write(folder.path().join("outbox/daily"), "").unwrap();
    is_io(&store.claim("daily", run("first"), at(0), LENGTH).await.unwrap_err(), "list");
    is_io(&store.remove_message("daily", "daily-1").await.unwrap_err(), "remove");
    // A directory stands where a file must.
    fs::create_dir_all(folder.path().join("outbox/hourly/hourly-1.json")).unwrap();
    is_io(&store.message("hourly", "hourly-1").await.unwrap_err(), "read");
}

/// An error of the object store with these words of S3.
fn said(text: &str) -> object_store::Error {
    object_store::Error::Generic { store: "S3", source: text.into() }
}

fn denied(text: &str) -> object_store::Error {
    object_store::Error::PermissionDenied { path: String::new(), source: text.into() }
}

#[test]
fn every_error_of_a_bucket_says_what_is_wrong_and_what_to_do() {
    let credentials = if cfg!(feature = "aws") { "AWS_PROFILE" } else { "`--features aws`" };
    for (source, trouble, hint) in [
        (said("<Code>NoSuchBucket</Code>"), ": the bucket does not exist", "create the bucket"),
        (denied("no"), ": permission is denied", "s3:PutObject"),
        (said("http://169.254.169.254/ does not answer"), ": there are no credentials", credentials),
        (
            said("AWS_PROFILE names the profile `x`, which does not exist"),
            ": there are no credentials",
            "correct `AWS_PROFILE`",
        ),
        (
            said("<Code>AccessDenied</Code><Message>not authorized to perform: kms:Decrypt</Message>"),
            ": its key may not be used",
            "kms:GenerateDataKey",
        ),
        (denied("<Code>AccessDenied</Code>"), ": permission is denied", "s3:GetObject"),
        (said("PermanentRedirect"), ": the bucket is in another region", "AWS_REGION"),
        (said("odd"), "", "check bucket, region and credentials"),
    ] {
        let found = s3::trouble(&source);
        assert_eq!(found.to_string(), trouble, "{source}");
        let (action, location) = ("read", "s3://b/state/daily.json".to_owned());
        let error = StoreError::Object { action, location, trouble: found, source: source.into() };
        assert!(error.hint().contains(hint), "{found:?}: {}", error.hint());
        assert!(error.to_string().contains(trouble), "{error}");
    }
    assert_eq!(Trouble::Unreachable.to_string(), ": the endpoint does not answer");
}

#[test]
fn a_location_that_cannot_be_used_says_what_to_do() {
    let unusable = StoreError::Unusable { location: String::new(), reason: String::new() };
    let word = if cfg!(feature = "s3") { "correct that" } else { "`--features s3`" };
    assert!(unusable.hint().contains(word), "{}", unusable.hint());
}

#[test]
fn an_object_stores_error_is_one_line_and_gives_each_cause_once() {
    #[derive(Debug, thiserror::Error)]
    #[error("outer: inner")]
    struct Repeats(#[source] std::io::Error);
    let repeats = Repeats(std::io::Error::other("inner"));
    let repeats = object_store::Error::Generic { store: "S3", source: Box::new(repeats) };
    assert_eq!(OneLineError::from(repeats).to_string(), "Generic S3 error: outer: inner");
    #[derive(Debug, thiserror::Error)]
    #[error("outer\n  line")]
    struct Hides(#[source] std::io::Error);
    let hides = Hides(std::io::Error::other("inner"));
    let hides = object_store::Error::Generic { store: "S3", source: Box::new(hides) };
    assert_eq!(OneLineError::from(hides).to_string(), "Generic S3 error: outer line: inner");
}

/// A run on the command line holds its state for longer than an invocation of a function may last.
#[test]
fn a_lease_outlasts_the_longest_invocation() {
    let longest = Span::from_s(15 * 60);
    assert!(LEASE > longest && LEASE < Span::from_s(20 * 60), "{LEASE:?}");
}

#[cfg(feature = "s3")]
#[test]
fn a_bucket_is_opened_as_its_builder_says() {
    let builder = || object_store::aws::AmazonS3Builder::new().with_region("us-east-1");
    let store = Store::s3_by(builder(), "kept", "some/prefix").unwrap();
    assert_eq!(
        store.archive_location("daily", "daily-1"),
        "s3://kept/some/prefix/briefs/daily/daily-1.html.gz"
    );
    let other = Store::s3("other", "").unwrap();
    assert_eq!(other.archive_location("daily", "daily-1"), "s3://other/briefs/daily/daily-1.html.gz");
    let plain = Store::s3_by(builder().with_endpoint("http://192.0.2.1"), "kept", "");
    assert!(
        matches!(&plain, Err(StoreError::Unusable { reason, .. }) if reason.contains("plain HTTP")),
        "{plain:?}"
    );
}
