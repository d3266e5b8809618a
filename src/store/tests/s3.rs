//! What S3 answers, and what the store makes of it: a server on loopback gives each request the next answer of a list.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    sync::Mutex,
};

use object_store::{UpdateVersion, aws::AmazonS3Builder};

use super::{super::error::Trouble, *};

/// A bucket that gives these answers (status, body), and the requests that it gets.
fn bucket(answers: Vec<(u16, &'static str)>) -> (Objects, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(Mutex::new(Vec::new()));
    let seen = requests.clone();
    std::thread::spawn(move || {
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut head, mut line) = (String::new(), String::new());
            while reader.read_line(&mut line).unwrap() > 2 {
                head += &line.to_ascii_lowercase();
                line.clear();
            }
            let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
            let mut sent = vec![0; length.map_or(0, |length| length.trim().parse().unwrap())];
            reader.read_exact(&mut sent).unwrap();
            seen.lock().unwrap().push(head);
            write!(
                stream,
                "HTTP/1.1 {status} X\r\nETag: \"e\"\r\nLast-Modified: Tue, 10 Mar 2026 00:00:00 GMT\r\n\
                 Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .unwrap();
        }
    });
    let builder = AmazonS3Builder::new()
        .with_region("us-east-1")
        .with_access_key_id("AKIAIOSFODNN7EXAMPLE")
        .with_secret_access_key("secret")
        .with_endpoint(endpoint)
        .with_allow_http(true);
    (Objects::s3(builder, "kept", "some").unwrap(), requests)
}

fn trouble(error: &StoreError) -> (&'static str, Trouble) {
    let StoreError::Object { action, trouble, .. } = error else { panic!("{error}") };
    (action, *trouble)
}

#[tokio::test]
async fn a_brief_is_put_with_its_content_type() {
    let (objects, requests) = bucket(vec![(200, ""), (200, "")]);
    objects.put("briefs/daily/daily-1.html.gz", b"<p>".to_vec()).await.unwrap();
    objects.put("briefs/daily/daily-1.json", b"{}".to_vec()).await.unwrap();
    let requests = requests.lock().unwrap();
    assert!(requests[0].contains("content-encoding: gzip"), "{}", requests[0]);
    assert!(!requests[1].contains("content-encoding"), "{}", requests[1]);
    assert!(requests[0].contains("content-type: text/html; charset=utf-8"), "{}", requests[0]);
    assert!(requests[1].contains("content-type: application/json"), "{}", requests[1]);
    assert!(requests[0].starts_with("put /kept/some/briefs/daily/daily-1.html.gz "), "{}", requests[0]);
}

#[tokio::test]
async fn an_object_that_is_not_there_is_no_error_and_a_bucket_that_is_not_there_is() {
    let no_bucket = "<Error><Code>NoSuchBucket</Code></Error>";
    let (objects, _) = bucket(vec![(404, "<Error><Code>NoSuchKey</Code></Error>"), (404, no_bucket)]);
    assert_eq!(objects.get("state/daily.json").await.unwrap(), None);
    let error = objects.get("state/daily.json").await.unwrap_err();
    assert_eq!(trouble(&error), ("read", Trouble::NoBucket));
    let (objects, _) = bucket(vec![(404, "")]);
    let error = objects.put("state/daily.json", Vec::new()).await.unwrap_err();
    assert_eq!(trouble(&error), ("write", Trouble::NoBucket), "a write that finds nothing");
}

/// What becomes of a conditional write of `mine` if these are the answers, and how many requests it takes.
async fn written(answers: Vec<(u16, &'static str)>) -> (Result<Written, StoreError>, usize) {
    let (objects, requests) = bucket(answers);
    let replaced = UpdateVersion { e_tag: Some("\"d\"".to_owned()), version: None };
    let written = objects.write(&objects.state("daily"), b"mine".to_vec(), Some(replaced)).await;
    let count = requests.lock().unwrap().len();
    (written, count)
}

#[tokio::test]
async fn what_is_there_after_a_doubtful_write_decides() {
    let (done, requests) = written(vec![(200, "")]).await;
    assert!(matches!(done, Ok(Written::Yes(_))) && requests == 1);
    for doubtful in [412, 400] {
        let (arrived, _) = written(vec![(doubtful, ""), (200, "mine")]).await;
        assert!(matches!(arrived, Ok(Written::Yes(_))), "{doubtful}: {arrived:?}");
    }
    let (other, _) = written(vec![(412, ""), (200, "other")]).await;
    assert!(matches!(&other, Ok(Written::TooLate(Some(found))) if found.bytes == b"other"), "{other:?}");
    let (unread, _) = written(vec![(412, ""), (403, "")]).await;
    assert_eq!(trouble(&unread.unwrap_err()), ("read", Trouble::Denied));
    for there in [(200, "other"), (403, "")] {
        let (lost, _) = written(vec![(400, ""), there]).await;
        assert_eq!(trouble(&lost.unwrap_err()), ("write", Trouble::Other), "{there:?}");
    }
    // A write that was refused did not arrive, whatever is there.
    let (denied, requests) = written(vec![(403, ""), (200, "mine")]).await;
    assert_eq!((trouble(&denied.unwrap_err()), requests), (("write", Trouble::Denied), 1));
}

#[test]
fn an_endpoint_that_does_not_answer_differs_from_one_that_refuses() {
    use object_store::client::{HttpError, HttpErrorKind};
    let silent = HttpError::new(HttpErrorKind::Connect, std::io::Error::other("refused"));
    let silent = object_store::Error::Generic { store: "S3", source: Box::new(silent) };
    assert_eq!(super::super::s3::trouble(&silent), Trouble::Unreachable);
}
