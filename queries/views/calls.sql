-- ---
-- id = "calls"
-- description = """
-- Every event with who acted, as what, for whom, where, and whether it worked.
-- The columns of `events` are there as well, but for the partition `region`: select events by conditions on them, such as
-- `eventsource = …` and `eventname IN (…)`. The columns that are described here work on odd records, too."""
-- [columns]
-- event_time = "when it happened: the text of `eventtime`"
-- account_id = "the account whose log it is"
-- region = "the Region of the call"
-- service = "the service without its domain, such as `iam`"
-- action = "the call or event, such as `CreateUser`"
-- outcome = "`success`, `denied` (for lack of permission) or `failed` (any other error, or a sign-in that failed)"
-- error_code = "the error code; NULL if there is none, also where a record writes `200` or other words for success"
-- actor = "who acted, as exactly as the record says: the ARN with the session, else the name or id"
-- principal = "who acted, with all sessions of a role as one: the role's ARN; for people of Identity Center and others the actor"
-- actor_kind = "`root`, `user` (of IAM), `role`, `person` (of Identity Center), `federated`, `service`, `anonymous`, `other account`, `unknown`"
-- person = "who may stand behind it: the user of Identity Center, the source identity, the name of a session, the user; only Identity Center and IAM vouch for it. NULL for services and nobody"
-- session = "what all calls of one session have in common: the principal's id and since when; NULL with a key of long life"
-- access_key = "the access key, long-lived (`AKIA…`) or of a session (`ASIA…`)"
-- by_service = "the service that made the call, for itself or for the actor; NULL if the actor called"
-- from_console = "`true` if it came out of a session of the console"
-- source_ip = "the address, or the name of the service"
-- network = "the network of the address, as in `habits`: its /16, of IPv6 its /32; the name of a service as it is"
-- agent = "the tool that the user agent names first, as in `habits`, such as `aws-cli` or `mozilla`"
-- resource = "the ARN of the first resource that the record lists; NULL if it lists none"
-- event_id = "the id of the event"
-- ---
WITH named AS (
    SELECT
        *,
        CASE
            WHEN lower(errorcode) NOT IN ('', '-', '0', '200', 'n/a', 'none', 'null', 'ok', 'success') THEN errorcode
        END AS error_code,
        COALESCE(NULLIF(useridentity.arn, ''), useridentity.username,
            concat('Identity Center user ', useridentity.onbehalfof.userid, ' of ',
                split_part(useridentity.onbehalfof.identitystorearn, '/', 2)),
            concat('Identity Center user ', useridentity.onbehalfof.userid),
            CASE
                WHEN useridentity.accountid IN ('anonymous', 'ANONYMOUS_PRINCIPAL') THEN 'anonymous'
                WHEN useridentity.type = 'AWSAccount'
                    THEN concat(useridentity.principalid, ' of account ', useridentity.accountid)
            END,
            NULLIF(useridentity.principalid, ''), useridentity.sessioncontext.sessionissuer.arn,
            useridentity.invokedby, useridentity.type, 'unknown') AS actor,
        CASE
            WHEN lower(useridentity.accountid) LIKE 'anonymous%'
                OR lower(useridentity.principalid) LIKE 'anonymous%' THEN 'anonymous'
            WHEN useridentity.type = 'IdentityCenterUser'
                OR useridentity.arn LIKE '%:assumed-role/AWSReservedSSO%'
                OR useridentity.sessioncontext.sessionissuer.arn LIKE '%/AWSReservedSSO%' THEN 'person'
            WHEN useridentity.type = 'AWSAccount' THEN 'other account'
            WHEN useridentity.type = 'AWSService' THEN 'service'
            WHEN (useridentity.type = 'Root' OR useridentity.arn LIKE '%:root')
                AND eventname <> 'ExternalIdPDirectoryLogin' THEN 'root'
            WHEN useridentity.type = 'IAMUser' OR useridentity.arn LIKE '%:user/%' THEN 'user'
            WHEN useridentity.type IN ('AssumedRole', 'Role') OR useridentity.arn LIKE '%:assumed-role/%' THEN 'role'
            WHEN useridentity.type IN ('FederatedUser', 'SAMLUser', 'WebIdentityUser')
                OR useridentity.arn LIKE '%:federated-user/%' THEN 'federated'
            WHEN useridentity.invokedby <> '' THEN 'service'
            ELSE 'unknown'
        END AS actor_kind,
        COALESCE(
            NULLIF(split_part(useridentity.principalid, ':', 2), ''),
            NULLIF(split_part(useridentity.arn, '/', 3), ''),
            NULLIF(split_part(useridentity.arn, '/', 2), '')) AS session_name
    FROM events
)
SELECT
    eventtime AS event_time,
    COALESCE(recipientaccountid, account) AS account_id,
    awsregion AS region,
    split_part(eventsource, '.', 1) AS service,
    eventname AS action,
    CASE
        WHEN errorcode LIKE '%AccessDenied%'
            OR errorcode LIKE '%Unauthorized%'
            OR errorcode LIKE 'AuthorizationError%'
            OR errorcode IN ('Forbidden', 'NotAuthorizedException') THEN 'denied'
        WHEN error_code IS NOT NULL THEN 'failed'
        WHEN eventsource = 'signin.amazonaws.com'
            AND (responseelements LIKE '%"Failure"%' OR serviceeventdetails LIKE '%"Failure"%') THEN 'failed'
        ELSE 'success'
    END AS outcome,
    error_code,
    actor,
    COALESCE(
        CASE
            WHEN useridentity.type = 'AssumedRole'
                AND useridentity.sessioncontext.sessionissuer.arn NOT LIKE '%/AWSReservedSSO%'
                THEN NULLIF(useridentity.sessioncontext.sessionissuer.arn, '')
        END,
        actor) AS principal,
    actor_kind,
    CASE
        WHEN actor_kind = 'person' AND useridentity.type <> 'IdentityCenterUser' THEN session_name
        WHEN actor_kind = 'person' THEN COALESCE(
            CASE
                WHEN useridentity.username NOT LIKE '%Identity Center user%'
                    AND useridentity.username <> 'HIDDEN_DUE_TO_SECURITY_REASONS' THEN NULLIF(useridentity.username, '')
            END,
            NULLIF(useridentity.onbehalfof.userid, ''), actor)
        WHEN useridentity.sessioncontext.sessionissuer.arn LIKE '%/aws-service-role/%' THEN NULL
        WHEN actor_kind IN ('role', 'federated') THEN COALESCE(
            NULLIF(useridentity.sessioncontext.sourceidentity, ''), NULLIF(useridentity.username, ''), session_name)
        WHEN actor_kind = 'user' THEN COALESCE(NULLIF(useridentity.username, ''), session_name)
        WHEN actor_kind = 'root' THEN 'root'
    END AS person,
    concat(NULLIF(useridentity.principalid, ''), ' since ',
        NULLIF(useridentity.sessioncontext.attributes.creationdate, '')) AS session,
    NULLIF(useridentity.accesskeyid, '') AS access_key,
    COALESCE(NULLIF(useridentity.invokedby, ''),
        CASE WHEN useridentity.type = 'AWSService' THEN eventsource END) AS by_service,
    CASE
        WHEN lower(sessioncredentialfromconsole) = 'true'
            OR lower(useridentity.sessioncontext.attributes.sessioncredentialfromconsole) = 'true' THEN 'true'
        ELSE 'false'
    END AS from_console,
    sourceipaddress AS source_ip,
    COALESCE(
        concat(regexp_extract(sourceipaddress, '^([0-9]{1,3}[.][0-9]{1,3})[.][0-9]{1,3}[.][0-9]{1,3}$', 1), '.0.0/16'),
        concat(regexp_extract(lower(sourceipaddress), '^([0-9a-f]{1,4}:[0-9a-f]{1,4}):', 1), '::/32'),
        NULLIF(sourceipaddress, '')) AS network,
    NULLIF(lower(regexp_extract(useragent, '^\[?([A-Za-z0-9._+-]{1,40})', 1)), '') AS agent,
    NULLIF(element_at(resources, 1).arn, '') AS resource,
    eventid AS event_id,
    eventversion, useridentity, eventtime, eventsource, eventname, awsregion, sourceipaddress, useragent,
    errorcode, errormessage, requestparameters, responseelements, additionaleventdata, requestid, eventid,
    resources, eventtype, apiversion, readonly, recipientaccountid, serviceeventdetails, sharedeventid,
    vpcendpointid, vpcendpointaccountid, managementevent, eventcategory, addendum,
    sessioncredentialfromconsole, edgedevicedetails, tlsdetails, eventcontext, account, "timestamp"
FROM named
