//! The organization's accounts as today's service returns them: by `State`, on pages that may be empty, in units.

use std::fs;

use serde_json::{Value, json};

use super::{canned::Canned, command, stderr, stdout};
use crate::rig;
use trailbrief::testing::{aws::organizations::Organizations, domain::account::Accounts};

/// Accounts on four pages, one of them empty; the first call is throttled. `paths` gives each its place.
fn pages(body: &Value, paths: bool) -> (u16, Value) {
    let account = |id: &str, name: &str, more: Value| {
        let mut account = json!({"Id": id, "Name": name, "Email": "a@example.com"});
        account.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let unit = match name {
            "payments" => "ou-exam-11111111/ou-exam-22222222/",
            "closed" => "ou-exam-11111111/",
            _ => "",
        };
        if paths {
            account["Paths"] = json!([format!("o-exampleorgid/r-exam/{unit}{id}/")]);
        }
        account
    };
    let page = match body["NextToken"].as_str() {
        None => json!({"Accounts": [], "NextToken": "b"}),
        Some("b") => {
            json!({"Accounts": [account("111122223333", "payments", json!({"State": "ACTIVE"}))], "NextToken": "c"})
        }
        Some("c") => json!({"Accounts": [
            account("222233334444", "closed", json!({"State": "CLOSED", "Status": "SUSPENDED"})),
            account("333344445555", "old", json!({"Status": "SUSPENDED"})),
        ], "NextToken": "d"}),
        Some(_) => json!({"Accounts": []}),
    };
    (200, page)
}

/// The tree: `prod` with `payments` below it.
fn tree(operation: &str, body: &Value) -> (u16, Value) {
    let unit = |id: &str, name: &str| json!({"Id": id, "Name": name, "Arn": "arn"});
    let parent = body["ParentId"].as_str().unwrap_or_default();
    let answer = match (operation, parent, body["NextToken"].as_str()) {
        ("ListRoots", ..) => json!({"Roots": [{"Id": "r-exam", "Name": "Root"}]}),
        ("ListOrganizationalUnitsForParent", "r-exam", None) => {
            json!({"OrganizationalUnits": [], "NextToken": "b"})
        }
        ("ListOrganizationalUnitsForParent", "r-exam", _) => {
            json!({"OrganizationalUnits": [unit("ou-exam-11111111", "prod")]})
        }
        ("ListOrganizationalUnitsForParent", "ou-exam-11111111", _) => {
            json!({"OrganizationalUnits": [unit("ou-exam-22222222", "payments")]})
        }
        ("ListOrganizationalUnitsForParent", ..) => json!({"OrganizationalUnits": []}),
        ("ListAccountsForParent", "r-exam", _) => json!({"Accounts": [{"Id": "333344445555"}]}),
        ("ListAccountsForParent", "ou-exam-11111111", _) => json!({"Accounts": [{"Id": "222233334444"}]}),
        ("ListAccountsForParent", ..) => json!({"Accounts": [{"Id": "111122223333"}]}),
        _ => return (400, json!({"__type": "AccessDeniedException", "Message": "not authorized"})),
    };
    (200, answer)
}

async fn client(url: &str) -> Organizations {
    Organizations::new(&rig::sdk().await.into_builder().endpoint_url(url).build())
}

fn shown(accounts: &Accounts) -> Vec<String> {
    accounts
        .iter()
        .map(|account| format!("{} {} {} [{}]", account.id, account.name, account.state, account.ou))
        .collect()
}

#[tokio::test]
async fn states_come_before_statuses_and_an_empty_page_ends_nothing() {
    let canned = Canned::start(|_, body, nth| match nth {
        0 => (
            400,
            json!({"__type": "TooManyRequestsException", "Message": "AWS Organizations can't complete your request"}),
        ),
        _ => pages(body, false),
    });
    let accounts = client(&canned.url).await.accounts().await.unwrap();
    assert_eq!(
        shown(&accounts),
        ["111122223333 payments ACTIVE []", "222233334444 closed CLOSED []", "333344445555 old SUSPENDED []"]
    );
    assert_eq!(canned.asked().len(), 5, "throttled once, then four pages");
}

#[tokio::test]
async fn units_have_the_path_of_their_names() {
    for paths in [true, false] {
        let canned = Canned::start(move |operation, body, _| match operation {
            "ListAccounts" => pages(body, paths),
            other => tree(other, body),
        });
        let found = client(&canned.url).await.accounts_in_units().await.unwrap();
        assert!(found.unknown.is_none());
        assert_eq!(
            shown(&found.accounts),
            [
                "111122223333 payments ACTIVE [prod/payments]",
                "222233334444 closed CLOSED [prod]",
                "333344445555 old SUSPENDED []"
            ]
        );
        let members = canned.asked().iter().filter(|asked| *asked == "ListAccountsForParent").count();
        assert_eq!(members, if paths { 0 } else { 3 });
    }
}

#[test]
fn a_run_without_permission_to_list_units_continues_with_a_note() {
    let canned = Canned::start(|operation, body, _| match operation {
        "ListAccounts" => pages(body, true),
        _ => (400, json!({"__type": "AccessDeniedException", "Message": "You don't have permissions"})),
    });
    rig::make_bucket("logs-units");
    let folder = tempfile::tempdir().unwrap();
    let config = "[table]\nlogs = \"s3://logs-units\"\ndatabase = \"db_units\"\norganization = \"o-exampleorgid\"\n\
                  organization_units = true\n";
    fs::write(folder.path().join("trailbrief.toml"), config).unwrap();
    let mut command = command(folder.path(), &["table", "plan"]);
    let output = command.env("AWS_ENDPOINT_URL_ORGANIZATIONS", &canned.url).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("accounts: 3, from Organizations"), "{text}");
    assert!(
        text.contains(
            "note: organizational units are not known: organizations:ListRoots failed for the organization: You don't have \
             permissions (AccessDeniedException)"
        ),
        "{text}"
    );
}
