//! ATT&CK for Enterprise: the tactics, and the techniques that matter to cloud accounts, with their tactics.
//!
//! Source: the ATT&CK matrix, version 18 and version 19 side by side. Version 19 split TA0005 ("Defense Evasion")
//! into TA0005 ("Stealth") and TA0112 ("Defense Impairment") and replaced T1562 by T1685 and T1686. Both spellings
//! are accepted, because libraries and services carry either.

use super::{
    diagnostic::Lint,
    tree::{At, Report},
};
use crate::domain::attack::Attack;

/// The tactics: id and name.
pub const TACTICS: &[(&str, &str)] = &[
    ("TA0043", "Reconnaissance"),
    ("TA0042", "Resource Development"),
    ("TA0001", "Initial Access"),
    ("TA0002", "Execution"),
    ("TA0003", "Persistence"),
    ("TA0004", "Privilege Escalation"),
    ("TA0005", "Defense Evasion"),
    ("TA0112", "Defense Impairment"),
    ("TA0006", "Credential Access"),
    ("TA0007", "Discovery"),
    ("TA0008", "Lateral Movement"),
    ("TA0009", "Collection"),
    ("TA0011", "Command and Control"),
    ("TA0010", "Exfiltration"),
    ("TA0040", "Impact"),
];

const RECON: &str = "TA0043";
const RESOURCE: &str = "TA0042";
const ACCESS: &str = "TA0001";
const EXECUTION: &str = "TA0002";
const PERSISTENCE: &str = "TA0003";
const ESCALATION: &str = "TA0004";
const EVASION: &str = "TA0005";
const IMPAIRMENT: &str = "TA0112";
const CREDENTIALS: &str = "TA0006";
const DISCOVERY: &str = "TA0007";
const LATERAL: &str = "TA0008";
const COLLECTION: &str = "TA0009";
const CONTROL: &str = "TA0011";
const EXFILTRATION: &str = "TA0010";
const IMPACT: &str = "TA0040";

/// A technique: id, name, and the tactics it serves.
pub type Technique = (&'static str, &'static str, &'static [&'static str]);

/// The techniques that can show in the control plane or data events of a cloud account.
pub const TECHNIQUES: &[Technique] = &[
    ("T1005", "Data from Local System", &[COLLECTION]),
    ("T1018", "Remote System Discovery", &[DISCOVERY]),
    ("T1020", "Automated Exfiltration", &[EXFILTRATION]),
    ("T1021", "Remote Services", &[LATERAL]),
    ("T1021.004", "Remote Services: SSH", &[LATERAL]),
    ("T1021.007", "Remote Services: Cloud Services", &[LATERAL]),
    ("T1021.008", "Remote Services: Direct Cloud VM Connections", &[LATERAL]),
    ("T1029", "Scheduled Transfer", &[EXFILTRATION]),
    ("T1033", "System Owner/User Discovery", &[DISCOVERY]),
    ("T1036", "Masquerading", &[EVASION]),
    ("T1036.005", "Masquerading: Match Legitimate Resource Name or Location", &[EVASION]),
    ("T1040", "Network Sniffing", &[CREDENTIALS, DISCOVERY]),
    ("T1046", "Network Service Discovery", &[DISCOVERY]),
    ("T1048", "Exfiltration Over Alternative Protocol", &[EXFILTRATION]),
    ("T1049", "System Network Connections Discovery", &[DISCOVERY]),
    ("T1053", "Scheduled Task/Job", &[EXECUTION, PERSISTENCE, ESCALATION]),
    ("T1059", "Command and Scripting Interpreter", &[EXECUTION]),
    ("T1059.009", "Command and Scripting Interpreter: Cloud API", &[EXECUTION]),
    ("T1068", "Exploitation for Privilege Escalation", &[ESCALATION]),
    ("T1069", "Permission Groups Discovery", &[DISCOVERY]),
    ("T1069.003", "Permission Groups Discovery: Cloud Groups", &[DISCOVERY]),
    ("T1070", "Indicator Removal", &[EVASION]),
    ("T1071", "Application Layer Protocol", &[CONTROL]),
    ("T1072", "Software Deployment Tools", &[EXECUTION, LATERAL]),
    ("T1074", "Data Staged", &[COLLECTION]),
    ("T1074.002", "Data Staged: Remote Data Staging", &[COLLECTION]),
    ("T1078", "Valid Accounts", &[ACCESS, PERSISTENCE, ESCALATION, EVASION]),
    ("T1078.001", "Valid Accounts: Default Accounts", &[ACCESS, PERSISTENCE, ESCALATION, EVASION]),
    ("T1078.004", "Valid Accounts: Cloud Accounts", &[ACCESS, PERSISTENCE, ESCALATION, EVASION]),
    ("T1080", "Taint Shared Content", &[LATERAL]),
    ("T1082", "System Information Discovery", &[DISCOVERY]),
    ("T1087", "Account Discovery", &[DISCOVERY]),
    ("T1087.004", "Account Discovery: Cloud Account", &[DISCOVERY]),
    ("T1090", "Proxy", &[CONTROL]),
    ("T1090.003", "Proxy: Multi-hop Proxy", &[CONTROL]),
    ("T1098", "Account Manipulation", &[PERSISTENCE, ESCALATION]),
    ("T1098.001", "Account Manipulation: Additional Cloud Credentials", &[PERSISTENCE, ESCALATION]),
    ("T1098.003", "Account Manipulation: Additional Cloud Roles", &[PERSISTENCE, ESCALATION]),
    ("T1098.004", "Account Manipulation: SSH Authorized Keys", &[PERSISTENCE, ESCALATION]),
    ("T1098.005", "Account Manipulation: Device Registration", &[PERSISTENCE, ESCALATION]),
    ("T1098.006", "Account Manipulation: Additional Container Cluster Roles", &[PERSISTENCE, ESCALATION]),
    ("T1102", "Web Service", &[CONTROL]),
    ("T1105", "Ingress Tool Transfer", &[CONTROL]),
    ("T1106", "Native API", &[EXECUTION]),
    ("T1110", "Brute Force", &[CREDENTIALS]),
    ("T1110.001", "Brute Force: Password Guessing", &[CREDENTIALS]),
    ("T1110.003", "Brute Force: Password Spraying", &[CREDENTIALS]),
    ("T1110.004", "Brute Force: Credential Stuffing", &[CREDENTIALS]),
    ("T1111", "Multi-Factor Authentication Interception", &[CREDENTIALS]),
    ("T1114", "Email Collection", &[COLLECTION]),
    ("T1119", "Automated Collection", &[COLLECTION]),
    ("T1133", "External Remote Services", &[ACCESS, PERSISTENCE]),
    ("T1136", "Create Account", &[PERSISTENCE]),
    ("T1136.003", "Create Account: Cloud Account", &[PERSISTENCE]),
    ("T1190", "Exploit Public-Facing Application", &[ACCESS]),
    ("T1195", "Supply Chain Compromise", &[ACCESS]),
    ("T1199", "Trusted Relationship", &[ACCESS]),
    ("T1201", "Password Policy Discovery", &[DISCOVERY]),
    ("T1204", "User Execution", &[EXECUTION]),
    ("T1204.003", "User Execution: Malicious Image", &[EXECUTION]),
    ("T1212", "Exploitation for Credential Access", &[CREDENTIALS]),
    ("T1213", "Data from Information Repositories", &[COLLECTION]),
    ("T1213.003", "Data from Information Repositories: Code Repositories", &[COLLECTION]),
    ("T1213.006", "Data from Information Repositories: Databases", &[COLLECTION]),
    ("T1484", "Domain or Tenant Policy Modification", POLICY),
    ("T1484.002", "Domain or Tenant Policy Modification: Trust Modification", POLICY),
    ("T1485", "Data Destruction", &[IMPACT]),
    ("T1485.001", "Data Destruction: Lifecycle-Triggered Deletion", &[IMPACT]),
    ("T1486", "Data Encrypted for Impact", &[IMPACT]),
    ("T1489", "Service Stop", &[IMPACT]),
    ("T1490", "Inhibit System Recovery", &[IMPACT]),
    ("T1491", "Defacement", &[IMPACT]),
    ("T1491.002", "Defacement: External Defacement", &[IMPACT]),
    ("T1496", "Resource Hijacking", &[IMPACT]),
    ("T1496.001", "Resource Hijacking: Compute Hijacking", &[IMPACT]),
    ("T1496.002", "Resource Hijacking: Bandwidth Hijacking", &[IMPACT]),
    ("T1496.003", "Resource Hijacking: SMS Pumping", &[IMPACT]),
    ("T1496.004", "Resource Hijacking: Cloud Service Hijacking", &[IMPACT]),
    ("T1498", "Network Denial of Service", &[IMPACT]),
    ("T1499", "Endpoint Denial of Service", &[IMPACT]),
    ("T1505", "Server Software Component", &[PERSISTENCE]),
    ("T1518", "Software Discovery", &[DISCOVERY]),
    ("T1518.001", "Software Discovery: Security Software Discovery", &[DISCOVERY]),
    ("T1525", "Implant Internal Image", &[PERSISTENCE]),
    ("T1526", "Cloud Service Discovery", &[DISCOVERY]),
    ("T1528", "Steal Application Access Token", &[CREDENTIALS]),
    ("T1529", "System Shutdown/Reboot", &[IMPACT]),
    ("T1530", "Data from Cloud Storage", &[COLLECTION]),
    ("T1531", "Account Access Removal", &[IMPACT]),
    ("T1535", "Unused/Unsupported Cloud Regions", &[EVASION]),
    ("T1537", "Transfer Data to Cloud Account", &[EXFILTRATION]),
    ("T1538", "Cloud Service Dashboard", &[DISCOVERY]),
    ("T1539", "Steal Web Session Cookie", &[CREDENTIALS]),
    ("T1546", "Event Triggered Execution", &[PERSISTENCE, ESCALATION]),
    ("T1548", "Abuse Elevation Control Mechanism", POLICY),
    ("T1548.005", "Abuse Elevation Control Mechanism: Temporary Elevated Cloud Access", POLICY),
    ("T1550", "Use Alternate Authentication Material", &[EVASION, LATERAL]),
    ("T1550.001", "Use Alternate Authentication Material: Application Access Token", &[EVASION, LATERAL]),
    ("T1550.004", "Use Alternate Authentication Material: Web Session Cookie", &[EVASION, LATERAL]),
    ("T1552", "Unsecured Credentials", &[CREDENTIALS]),
    ("T1552.001", "Unsecured Credentials: Credentials In Files", &[CREDENTIALS]),
    ("T1552.004", "Unsecured Credentials: Private Keys", &[CREDENTIALS]),
    ("T1552.005", "Unsecured Credentials: Cloud Instance Metadata API", &[CREDENTIALS]),
    ("T1552.007", "Unsecured Credentials: Container API", &[CREDENTIALS]),
    ("T1553", "Subvert Trust Controls", &[EVASION, IMPAIRMENT]),
    ("T1555", "Credentials from Password Stores", &[CREDENTIALS]),
    ("T1555.006", "Credentials from Password Stores: Cloud Secrets Management Stores", &[CREDENTIALS]),
    ("T1556", "Modify Authentication Process", AUTHENTICATION),
    ("T1556.006", "Modify Authentication Process: Multi-Factor Authentication", AUTHENTICATION),
    ("T1556.007", "Modify Authentication Process: Hybrid Identity", AUTHENTICATION),
    ("T1556.009", "Modify Authentication Process: Conditional Access Policies", AUTHENTICATION),
    ("T1557", "Adversary-in-the-Middle", &[CREDENTIALS, COLLECTION]),
    ("T1562", "Impair Defenses", IMPAIRING),
    ("T1562.001", "Impair Defenses: Disable or Modify Tools", IMPAIRING),
    ("T1562.004", "Impair Defenses: Disable or Modify System Firewall", IMPAIRING),
    ("T1562.007", "Impair Defenses: Disable or Modify Cloud Firewall", IMPAIRING),
    ("T1562.008", "Impair Defenses: Disable or Modify Cloud Logs", IMPAIRING),
    ("T1565", "Data Manipulation", &[IMPACT]),
    ("T1565.001", "Data Manipulation: Stored Data Manipulation", &[IMPACT]),
    ("T1566", "Phishing", &[ACCESS]),
    ("T1567", "Exfiltration Over Web Service", &[EXFILTRATION]),
    ("T1567.002", "Exfiltration Over Web Service: Exfiltration to Cloud Storage", &[EXFILTRATION]),
    ("T1570", "Lateral Tool Transfer", &[LATERAL]),
    ("T1578", "Modify Cloud Compute Infrastructure", COMPUTE),
    ("T1578.001", "Modify Cloud Compute Infrastructure: Create Snapshot", COMPUTE),
    ("T1578.002", "Modify Cloud Compute Infrastructure: Create Cloud Instance", COMPUTE),
    ("T1578.003", "Modify Cloud Compute Infrastructure: Delete Cloud Instance", COMPUTE),
    ("T1578.004", "Modify Cloud Compute Infrastructure: Revert Cloud Instance", COMPUTE),
    ("T1578.005", "Modify Cloud Compute Infrastructure: Modify Cloud Compute Configurations", COMPUTE),
    ("T1580", "Cloud Infrastructure Discovery", &[DISCOVERY]),
    ("T1583", "Acquire Infrastructure", &[RESOURCE]),
    ("T1583.001", "Acquire Infrastructure: Domains", &[RESOURCE]),
    ("T1584", "Compromise Infrastructure", &[RESOURCE]),
    ("T1584.001", "Compromise Infrastructure: Domains", &[RESOURCE]),
    ("T1585", "Establish Accounts", &[RESOURCE]),
    ("T1586", "Compromise Accounts", &[RESOURCE]),
    ("T1586.003", "Compromise Accounts: Cloud Accounts", &[RESOURCE]),
    ("T1589", "Gather Victim Identity Information", &[RECON]),
    ("T1595", "Active Scanning", &[RECON]),
    ("T1599", "Network Boundary Bridging", &[EVASION, IMPAIRMENT]),
    ("T1606", "Forge Web Credentials", &[CREDENTIALS]),
    ("T1606.002", "Forge Web Credentials: SAML Tokens", &[CREDENTIALS]),
    ("T1608", "Stage Capabilities", &[RESOURCE]),
    ("T1609", "Container Administration Command", &[EXECUTION]),
    ("T1610", "Deploy Container", &[EXECUTION, EVASION]),
    ("T1611", "Escape to Host", &[ESCALATION]),
    ("T1612", "Build Image on Host", &[EVASION]),
    ("T1613", "Container and Resource Discovery", &[DISCOVERY]),
    ("T1614", "System Location Discovery", &[DISCOVERY]),
    ("T1619", "Cloud Storage Object Discovery", &[DISCOVERY]),
    ("T1621", "Multi-Factor Authentication Request Generation", &[CREDENTIALS]),
    ("T1648", "Serverless Execution", &[EXECUTION]),
    ("T1649", "Steal or Forge Authentication Certificates", &[CREDENTIALS]),
    ("T1651", "Cloud Administration Command", &[EXECUTION]),
    ("T1654", "Log Enumeration", &[DISCOVERY]),
    ("T1657", "Financial Theft", &[IMPACT]),
    ("T1665", "Hide Infrastructure", &[CONTROL]),
    ("T1666", "Modify Cloud Resource Hierarchy", &[EVASION, IMPAIRMENT]),
    ("T1685", "Disable or Modify Tools", &[IMPAIRMENT]),
    ("T1685.002", "Disable or Modify Tools: Disable or Modify Cloud Log", &[IMPAIRMENT]),
    ("T1686", "Disable or Modify System Firewall", &[IMPAIRMENT]),
    ("T1686.001", "Disable or Modify System Firewall: Cloud Firewall", &[IMPAIRMENT]),
    ("T1687", "Exploitation for Defense Impairment", &[IMPAIRMENT]),
    ("T1689", "Downgrade Attack", &[IMPAIRMENT]),
];

/// T1562 is of version 18, so it goes with the tactic as it was then.
const IMPAIRING: &[&str] = &[EVASION];
const AUTHENTICATION: &[&str] = &[CREDENTIALS, EVASION, IMPAIRMENT, PERSISTENCE];
const POLICY: &[&str] = &[EVASION, IMPAIRMENT, ESCALATION];
const COMPUTE: &[&str] = &[EVASION, IMPAIRMENT];

/// The name of a tactic.
#[must_use]
pub fn tactic_name(id: &str) -> Option<&'static str> {
    TACTICS.iter().find(|(known, _)| *known == id).map(|(_, name)| *name)
}

/// What is known of a technique.
#[must_use]
pub fn technique(id: &str) -> Option<&'static Technique> {
    TECHNIQUES.iter().find(|(known, ..)| *known == id)
}

/// Reads `TA0001:T1078.004` and notes what is wrong with it.
pub(crate) fn check(text: &At<String>, report: &Report<'_>) -> Option<Attack> {
    let Some((tactic, id)) = text.value.split_once(':') else {
        report.error_with(
            Lint::BadValue,
            text.place,
            format!("`{}` is not a tactic with a technique", text.value),
            Some("write both, such as `TA0001:T1078.004`".to_owned()),
        );
        return None;
    };
    if tactic_name(tactic).is_none() {
        let known = TACTICS.iter().map(|(id, _)| *id).collect::<Vec<_>>().join(", ");
        report.error_with(
            Lint::UnknownTechnique,
            text.place,
            format!("`{tactic}` is not a tactic of ATT&CK for Enterprise"),
            Some(format!("tactics: {known}")),
        );
        return None;
    }
    let Some((_, name, tactics)) = technique(id) else {
        report.error_with(
            Lint::UnknownTechnique,
            text.place,
            format!("`{id}` is not a technique that cloud accounts can show"),
            id.split_once('.')
                .and_then(|(parent, _)| technique(parent))
                .map(|(parent, name, _)| format!("its parent `{parent}` ({name}) is known")),
        );
        return None;
    };
    if !tactics.contains(&tactic) {
        report.error_with(
            Lint::TacticTechniqueMismatch,
            text.place,
            format!("`{id}` ({name}) does not belong to `{tactic}`"),
            Some(format!(
                "use {}",
                tactics.iter().map(|t| format!("`{t}:{id}`")).collect::<Vec<_>>().join(" or ")
            )),
        );
        return None;
    }
    Some(Attack { tactic: tactic.to_owned(), technique: id.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_knows_its_tactics() {
        assert!(TECHNIQUES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (id, _, tactics) in TECHNIQUES {
            assert!(!tactics.is_empty() && tactics.iter().all(|t| tactic_name(t).is_some()), "{id}");
            assert!(technique(id.split('.').next().unwrap()).is_some(), "{id} has no parent");
        }
    }
}
