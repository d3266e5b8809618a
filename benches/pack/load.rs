//! Writes an organization's logs in delivered-size files: a median of under a dozen records a file, mostly services' noise.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use flate2::{Compression, write::GzEncoder};

const ACCOUNTS: u64 = 12;
const REGIONS: [&str; 5] = ["us-east-1", "eu-west-1", "eu-central-1", "us-west-2", "ap-southeast-2"];
/// Delivered on 2026-03-10 and 2026-03-11.
const DAYS: [u32; 2] = [10, 11];
/// Records of a file, on average.
const RECORDS: f64 = 10.3;
/// One file in a hundred is delivered again by a second trail.
const TWICE: u64 = 100;
/// A file's events are from the minutes before its delivery.
const DELAY_MINUTES: u64 = 10;
/// Written one by one, each with random numbers of its own: the same files on every machine.
const PARTS: u64 = 16;

/// splitmix64: small, fast and the same everywhere.
#[derive(Clone)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 48 & 0xfff,
            low & 0xffff_ffff_ffff
        )
    }

    /// Some text that does not compress, as tokens and request ids do not.
    fn token(&mut self, characters: usize) -> String {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        (0..characters).map(|_| char::from(ALPHABET[self.below(64) as usize])).collect()
    }
}

/// Writes `events` records below `root`, unless exactly that was written before.
///
/// # Errors
///
/// What the file system says.
pub fn write(root: &Path, events: u64, seed: u64) -> io::Result<()> {
    let marker = root.join(".complete");
    let wanted = format!("{events} events, seed {seed}, form 4");
    if fs::read_to_string(&marker).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    if root.exists() {
        fs::remove_dir_all(root)?;
    }
    let next = AtomicU64::new(0);
    thread::scope(|scope| {
        let writers: Vec<_> = (0..thread::available_parallelism().map_or(2, usize::from))
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let part = next.fetch_add(1, Ordering::Relaxed);
                        if part >= PARTS {
                            return io::Result::Ok(());
                        }
                        let share = events / PARTS + u64::from(part < events % PARTS);
                        write_part(root, share, seed.wrapping_add(part), part)?;
                    }
                })
            })
            .collect();
        writers.into_iter().try_for_each(|writer| writer.join().expect("a writer does not panic"))
    })?;
    fs::write(marker, wanted)
}

fn write_part(root: &Path, events: u64, seed: u64, part: u64) -> io::Result<()> {
    let mut random = Random(seed);
    let (mut written, mut number) = (0, 0u64);
    while written < events {
        let account = 111_122_223_330 + random.below(ACCOUNTS);
        let region = REGIONS[random.below(REGIONS.len() as u64) as usize];
        let (day, minute) =
            (DAYS[random.below(2) as usize], DELAY_MINUTES + random.below(1_440 - DELAY_MINUTES));
        let uniform = (random.below(1 << 53) as f64 + 1.0) / (1u64 << 53) as f64;
        let records = (1 + (-uniform.ln() * (RECORDS - 1.0)) as u64).min(events - written);
        let mut text = String::from("{\"Records\":[");
        for index in 0..records {
            if index > 0 {
                text.push(',');
            }
            record(&mut text, &mut random, account, region, day, minute);
        }
        text.push_str("]}");
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes())?;
        let bytes = encoder.finish()?;
        let folder =
            root.join(format!("AWSLogs/o-exampleorgid/{account:012}/CloudTrail/{region}/2026/03/{day}"));
        fs::create_dir_all(&folder)?;
        let copies = if random.below(TWICE) == 0 { 2 } else { 1 };
        for copy in 0..copies {
            let stamp = format!("202603{day}T{:02}{:02}Z", minute / 60, minute % 60);
            let name =
                format!("{account:012}_CloudTrail_{region}_{stamp}_{part:02}{copy:02}{number:012}.json.gz");
            fs::write(folder.join(name), &bytes)?;
        }
        written += records;
        number += 1;
    }
    Ok(())
}

/// What a record is of: a weight, and how it is written.
type EventShape = (u64, fn(&mut String, &mut Random, u64, &str));

const KINDS: [EventShape; 8] = [
    (8000, service_object),
    (3200, service_acl),
    (4000, service_key),
    (1200, service_role),
    (2800, describe),
    (500, workload_write),
    (280, denied),
    (1, root),
];

fn record(text: &mut String, random: &mut Random, account: u64, region: &str, day: u32, delivered: u64) {
    let mut draw = random.below(KINDS.iter().map(|(weight, _)| weight).sum());
    let minute = delivered - 1 - random.below(DELAY_MINUTES);
    let (time_h, time_m, time_s) = (minute / 60, minute % 60, random.below(60));
    let _ = write!(
        text,
        "{{\"eventVersion\":\"1.11\",\"eventTime\":\"2026-03-{day}T{time_h:02}:{time_m:02}:{time_s:02}Z\","
    );
    for (weight, kind) in KINDS {
        if draw < weight {
            kind(text, random, account, region);
            break;
        }
        draw -= weight;
    }
    let (event, request) = (random.uuid(), random.uuid());
    let _ = write!(
        text,
        "\"awsRegion\":\"{region}\",\"requestID\":\"{request}\",\"eventID\":\"{event}\",\"eventType\":\"AwsApiCall\",\
         \"recipientAccountId\":\"{account:012}\"}}"
    );
}

fn service(text: &mut String, source: &str, name: &str, by: &str, read_only: bool) {
    let _ = write!(
        text,
        "\"userIdentity\":{{\"type\":\"AWSService\",\"invokedBy\":\"{by}\"}},\"eventSource\":\"{source}\",\
         \"eventName\":\"{name}\",\"sourceIPAddress\":\"{by}\",\"userAgent\":\"{by}\",\"errorCode\":null,\
         \"readOnly\":{read_only},\"managementEvent\":{},\"eventCategory\":\"{}\",",
        name != "PutObject",
        if name == "PutObject" { "Data" } else { "Management" }
    );
}

fn service_object(text: &mut String, random: &mut Random, account: u64, region: &str) {
    service(text, "s3.amazonaws.com", "PutObject", "delivery.logs.amazonaws.com", false);
    let (bucket, key, id, shared) = (random.below(200), random.token(40), random.token(76), random.uuid());
    let path = format!("AWSLogs/{account:012}/vpcflowlogs/{region}/{key}.log.gz");
    let _ = write!(
        text,
        "\"requestParameters\":{{\"bucketName\":\"example-logs-{bucket}\",\"Host\":\"example-logs-{bucket}.s3.{region}.\
         amazonaws.com\",\"x-amz-acl\":\"bucket-owner-full-control\",\"key\":\"{path}\"}},\"responseElements\":null,\
         \"additionalEventData\":{{\"SignatureVersion\":\"SigV4\",\"CipherSuite\":\"ECDHE-RSA-AES128-GCM-SHA256\",\
         \"bytesTransferredIn\":{}.0,\"AuthenticationMethod\":\"AuthHeader\",\"x-amz-id-2\":\"{id}\",\
         \"bytesTransferredOut\":0}},\"resources\":[{{\"type\":\"AWS::S3::Object\",\"ARN\":\"arn:aws:s3:::example-logs-\
         {bucket}/{path}\"}},{{\"accountId\":\"{account:012}\",\"type\":\"AWS::S3::Bucket\",\"ARN\":\"arn:aws:s3:::\
         example-logs-{bucket}\"}}],\"sharedEventID\":\"{shared}\",",
        random.below(90_000)
    );
}

fn service_acl(text: &mut String, random: &mut Random, account: u64, region: &str) {
    service(text, "s3.amazonaws.com", "GetBucketAcl", "cloudtrail.amazonaws.com", true);
    let (bucket, id, shared) = (random.below(200), random.token(76), random.uuid());
    let _ = write!(
        text,
        "\"requestParameters\":{{\"bucketName\":\"example-logs-{bucket}\",\"Host\":\"example-logs-{bucket}.s3.{region}.\
         amazonaws.com\",\"acl\":\"\"}},\"responseElements\":null,\"additionalEventData\":{{\"SignatureVersion\":\"SigV4\",\
         \"CipherSuite\":\"ECDHE-RSA-AES128-GCM-SHA256\",\"bytesTransferredIn\":0.0,\"AuthenticationMethod\":\"AuthHeader\",\
         \"x-amz-id-2\":\"{id}\",\"bytesTransferredOut\":542}},\"resources\":[{{\"accountId\":\"{account:012}\",\"type\":\
         \"AWS::S3::Bucket\",\"ARN\":\"arn:aws:s3:::example-logs-{bucket}\"}}],\"sharedEventID\":\"{shared}\",",
    );
}

fn service_key(text: &mut String, random: &mut Random, account: u64, region: &str) {
    service(text, "kms.amazonaws.com", "GenerateDataKey", "cloudtrail.amazonaws.com", true);
    let (key, shared, object) = (random.uuid(), random.uuid(), random.token(30));
    let _ = write!(
        text,
        "\"requestParameters\":{{\"keyId\":\"arn:aws:kms:{region}:{account:012}:key/{key}\",\"encryptionContext\":{{\
         \"aws:cloudtrail:arn\":\"arn:aws:cloudtrail:us-east-1:{account:012}:trail/organization\",\"aws:s3:arn\":\
         \"arn:aws:s3:::example-logs/AWSLogs/{account:012}/CloudTrail/{region}/{object}.json.gz\"}},\"keySpec\":\"AES_256\"\
         }},\"responseElements\":null,\"resources\":[{{\"accountId\":\"{account:012}\",\"type\":\"AWS::KMS::Key\",\"ARN\":\
         \"arn:aws:kms:{region}:{account:012}:key/{key}\"}}],\"sharedEventID\":\"{shared}\",",
    );
}

fn service_role(text: &mut String, random: &mut Random, account: u64, _region: &str) {
    service(text, "sts.amazonaws.com", "AssumeRole", "lambda.amazonaws.com", true);
    let (role, key, token) = (random.below(300), random.token(16), random.token(420));
    let _ = write!(
        text,
        "\"requestParameters\":{{\"roleArn\":\"arn:aws:iam::{account:012}:role/service-{role}\",\"roleSessionName\":\
         \"worker-{role}\"}},\"responseElements\":{{\"credentials\":{{\"accessKeyId\":\"ASIA{key}\",\"sessionToken\":\
         \"{token}\",\"expiration\":\"Mar 10, 2026, 11:00:00 PM\"}}}},\"resources\":[{{\"accountId\":\"{account:012}\",\
         \"type\":\"AWS::IAM::Role\",\"ARN\":\"arn:aws:iam::{account:012}:role/service-{role}\"}}],",
    );
}

fn role_user(text: &mut String, random: &mut Random, account: u64, role: &str) {
    let (session, key, address) = (random.below(500), random.token(16), random.below(250));
    let _ = write!(
        text,
        "\"userIdentity\":{{\"type\":\"AssumedRole\",\"principalId\":\"AROAEXAMPLE{role}:run-{session}\",\"arn\":\
         \"arn:aws:sts::{account:012}:assumed-role/{role}/run-{session}\",\"accountId\":\"{account:012}\",\"accessKeyId\":\
         \"ASIA{key}\",\"sessionContext\":{{\"sessionIssuer\":{{\"type\":\"Role\",\"principalId\":\"AROAEXAMPLE{role}\",\
         \"arn\":\"arn:aws:iam::{account:012}:role/{role}\",\"accountId\":\"{account:012}\",\"userName\":\"{role}\"}},\
         \"attributes\":{{\"creationDate\":\"2026-03-10T08:00:00Z\",\"mfaAuthenticated\":\"false\"}}}}}},\
         \"sourceIPAddress\":\"198.51.100.{address}\",\"userAgent\":\"aws-sdk-go-v2/1.39 os/linux lang/go#1.26 \
         md/GOARCH#arm64\",\"tlsDetails\":{{\"tlsVersion\":\"TLSv1.3\",\"cipherSuite\":\"TLS_AES_128_GCM_SHA256\",\
         \"clientProvidedHostHeader\":\"ec2.us-east-1.amazonaws.com\"}},\"managementEvent\":true,\"eventCategory\":\
         \"Management\",",
    );
}

fn describe(text: &mut String, random: &mut Random, account: u64, _region: &str) {
    const VERBS: [&str; 3] = ["Describe", "List", "Get"];
    const THINGS: [&str; 30] = [
        "Instances",
        "Vpcs",
        "Tags",
        "SecurityGroups",
        "Volumes",
        "Subnets",
        "Images",
        "Snapshots",
        "Addresses",
        "RouteTables",
        "NatGateways",
        "KeyPairs",
        "Clusters",
        "Services",
        "Tasks",
        "Stacks",
        "Alarms",
        "Rules",
        "Targets",
        "LoadBalancers",
        "Listeners",
        "TargetGroups",
        "Functions",
        "Queues",
        "Topics",
        "Tables",
        "Backups",
        "Domains",
        "Repositories",
        "Pipelines",
    ];
    role_user(text, random, account, "inventory");
    let (verb, thing) = (VERBS[random.below(3) as usize], THINGS[random.below(30) as usize]);
    let filter = random.token(17);
    let _ = write!(
        text,
        "\"eventSource\":\"ec2.amazonaws.com\",\"eventName\":\"{verb}{thing}\",\"requestParameters\":{{\"filterSet\":{{\"items\":\
         [{{\"name\":\"vpc-id\",\"valueSet\":{{\"items\":[{{\"value\":\"vpc-{filter}\"}}]}}}}]}},\"maxResults\":100}},\
         \"responseElements\":null,\"readOnly\":true,",
    );
}

fn workload_write(text: &mut String, random: &mut Random, account: u64, region: &str) {
    const CALLS: [(&str, &str); 24] = [
        ("logs.amazonaws.com", "CreateLogStream"),
        ("logs.amazonaws.com", "PutRetentionPolicy"),
        ("ec2.amazonaws.com", "CreateTags"),
        ("ec2.amazonaws.com", "CreateNetworkInterface"),
        ("ec2.amazonaws.com", "DeleteNetworkInterface"),
        ("ec2.amazonaws.com", "RunInstances"),
        ("ec2.amazonaws.com", "TerminateInstances"),
        ("ec2.amazonaws.com", "AttachVolume"),
        ("ecs.amazonaws.com", "RegisterTaskDefinition"),
        ("ecs.amazonaws.com", "UpdateService"),
        ("autoscaling.amazonaws.com", "SetDesiredCapacity"),
        ("elasticloadbalancing.amazonaws.com", "RegisterTargets"),
        ("elasticloadbalancing.amazonaws.com", "DeregisterTargets"),
        ("cloudformation.amazonaws.com", "CreateChangeSet"),
        ("cloudformation.amazonaws.com", "ExecuteChangeSet"),
        ("dynamodb.amazonaws.com", "UpdateTable"),
        ("sqs.amazonaws.com", "SetQueueAttributes"),
        ("ecr.amazonaws.com", "PutImage"),
        ("route53.amazonaws.com", "ChangeResourceRecordSets"),
        ("states.amazonaws.com", "StartExecution"),
        ("secretsmanager.amazonaws.com", "GetSecretValue"),
        ("ssm.amazonaws.com", "PutParameter"),
        ("lambda.amazonaws.com", "UpdateFunctionCode20150331v2"),
        ("iam.amazonaws.com", "PutRolePolicy"),
    ];
    role_user(text, random, account, "terraform");
    // The last two are findings: one call in a hundred.
    let call = if random.below(100) == 0 { 22 + random.below(2) } else { random.below(22) };
    let (source, name) = CALLS[call as usize];
    let thing = random.token(20);
    let _ = write!(
        text,
        "\"eventSource\":\"{source}\",\"eventName\":\"{name}\",\"requestParameters\":{{\"name\":\"{thing}\",\"arn\":\
         \"arn:aws:service:{region}:{account:012}:thing/{thing}\"}},\"responseElements\":{{\"_return\":true}},\"readOnly\":\
         {},",
        name == "GetSecretValue"
    );
}

fn denied(text: &mut String, random: &mut Random, account: u64, _region: &str) {
    role_user(text, random, account, "reporting");
    let bucket = random.below(400);
    let _ = write!(
        text,
        "\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"GetBucketPolicy\",\"errorCode\":\"AccessDenied\",\
         \"errorMessage\":\"User: arn:aws:sts::{account:012}:assumed-role/reporting/run is not authorized to perform: \
         s3:GetBucketPolicy on resource: arn:aws:s3:::bucket-{bucket} because no identity-based policy allows it\",\
         \"requestParameters\":null,\"responseElements\":null,\"readOnly\":true,",
    );
}

fn root(text: &mut String, random: &mut Random, account: u64, _region: &str) {
    let address = random.below(250);
    let _ = write!(
        text,
        "\"userIdentity\":{{\"type\":\"Root\",\"principalId\":\"{account:012}\",\"arn\":\"arn:aws:iam::{account:012}:root\",\
         \"accountId\":\"{account:012}\",\"accessKeyId\":\"\"}},\"sourceIPAddress\":\"203.0.113.{address}\",\"userAgent\":\
         \"Mozilla/5.0\",\"eventSource\":\"signin.amazonaws.com\",\"eventName\":\"ConsoleLogin\",\"requestParameters\":null,\
         \"responseElements\":{{\"ConsoleLogin\":\"Success\"}},\"additionalEventData\":{{\"LoginTo\":\
         \"https://console.aws.amazon.com/\",\"MobileVersion\":\"No\",\"MFAUsed\":\"Yes\"}},\"readOnly\":false,",
    );
}
