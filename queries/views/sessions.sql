-- ---
-- id = "sessions"
-- description = """
-- Everything that can act because somebody made it possible: one row for each session, key, user or instance, with who did it, how,
-- and whom the chain begins with, over accounts. It follows at most five issuers. Conditions on its columns select no events beforehand: it reads the calls that issue
-- something, all calls out of the console and all for users of Identity Center. `past_sessions` is the same for the time before.
-- A key that a user makes for himself is that user, and has no row. Failed calls have none. That somebody changed the trust of a role
-- to let a stranger in is not here; stories tell it."""
-- [columns]
-- session = "what can act, as ids of stories write it: `key:…`, `console:<account>:<principal>:<since>`, `user:<account>:<name>`, `password:<account>:<user>`, `instance:<account>:<id>`, `sign-in:<ARN>` (an agent), `sso:<account>:<permission set>:<since>`"
-- kind = "`session`, `console`, `key`, `user`, `password`, `instance`, `agent`, `single sign-on`"
-- how = "the call: `AssumeRole`, `SwitchRole`, `GetRoleCredentials`, `GetFederationToken`, `GetSessionToken`, `AssumeRoot`, `CreateAccessKey`, …; `instance profile` for the session of an instance"
-- access_key = "the key that was issued or made; NULL if CloudTrail does not record it (console, single sign-on)"
-- role = "the ARN of the role that was taken, or the permission set; NULL if none was"
-- session_name = "the name of the session, which the caller chose"
-- since = "when it was issued"
-- account_id = "the account whose log shows it"
-- region = "the Region of the call"
-- issuer = "who made it possible, as an id like `session`, or `root:<account>`, `center:<store>:<user id>` and `sso:<name>` (people of Identity Center), `saml:…`, `stranger:<account>:<principal>`, `arn:…`; NULL if the logs do not say, or say two"
-- issuer_actor = "the same, as the record names the caller"
-- candidates = "how many could have issued it: 0, 1, or 2 for more than one, of whom none counts as the issuer"
-- hops = "how many issuers the chain has; 0 if the issuer is not known"
-- root = "the last issuer that is known: who it begins with"
-- root_actor = "the same, as the record names the caller"
-- source_ip = "where the call came from"
-- event_id = "the event that shows it"
-- ---
WITH seen AS (
    SELECT
        event_time, account_id, region, action, event_id, source_ip, actor, eventsource, useridentity.type AS type,
        requestparameters AS request, responseelements AS response, additionaleventdata AS more,
        COALESCE(json_extract_scalar(serviceeventdetails, '$.role_name'),
            json_extract_scalar(requestparameters, '$.role_name')) AS permission_set,
        COALESCE(json_extract_scalar(serviceeventdetails, '$.account_id'),
            json_extract_scalar(requestparameters, '$.account_id')) AS granted_account,
        CASE WHEN errorcode IS NULL THEN 'yes' END AS worked,
        useridentity.arn AS arn, useridentity.principalid AS principal, access_key,
        NULLIF(useridentity.invokedby, '') AS by_service,
        COALESCE(NULLIF(useridentity.accountid, ''), account_id) AS owner,
        concat(useridentity.accountid, ':', useridentity.principalid, ':',
            useridentity.sessioncontext.attributes.creationdate) AS own_start,
        CASE
            WHEN useridentity.sessioncontext.sessionissuer.arn LIKE '%/aws-reserved/sso.amazonaws.com/%'
                THEN lower(regexp_extract(useridentity.arn, ':assumed-role/[^/]+/(.+)$', 1))
        END AS sign_on,
        CASE
            WHEN useridentity.sessioncontext.sessionissuer.arn LIKE '%/aws-reserved/sso.amazonaws.com/%'
                THEN concat(useridentity.accountid, ':',
                    regexp_extract(useridentity.arn, ':assumed-role/AWSReservedSSO_(.+)_[0-9a-f]{16}/', 1), ':',
                    useridentity.sessioncontext.attributes.creationdate)
        END AS own_grant,
        CASE WHEN from_console = 'true' OR action = 'SwitchRole' THEN 'yes' END AS is_console,
        concat(regexp_extract(useridentity.onbehalfof.identitystorearn, '[^/]+$'), ':',
            useridentity.onbehalfof.userid) AS center,
        COALESCE(regexp_extract(useridentity.arn, ':user/(?:.*/)?([^/]+)$', 1),
            CASE
                WHEN useridentity.username <> 'HIDDEN_DUE_TO_SECURITY_REASONS' THEN NULLIF(useridentity.username, '')
            END) AS user_name,
        CASE
            WHEN useridentity.sessioncontext.ec2roledelivery <> ''
                THEN regexp_extract(useridentity.arn, ':assumed-role/[^/]+/(i-.+)$', 1)
        END AS instance,
        NULLIF(useridentity.sessioncontext.signinsessionarn, '') AS sign_in,
        lower(useridentity.sessioncontext.assumedroot) AS assumed_root,
        COALESCE(NULLIF(useridentity.identityprovider, ''), useridentity.principalid, '') AS provider,
        useridentity.sessioncontext.sessionissuer.type AS issuer_type,
        useridentity.sessioncontext.sessionissuer.arn AS issuer_arn,
        NULLIF(json_extract_scalar(requestparameters, '$.roleArn'), '') AS role_arn,
        NULLIF(COALESCE(json_extract_scalar(responseelements, '$.credentials.accessKeyId'),
            json_extract_scalar(responseelements, '$.accessKey.accessKeyId')), '') AS new_key,
        NULLIF(json_extract_scalar(responseelements, '$.assumedRoleUser.assumedRoleId'), '') AS new_principal,
        CASE
            WHEN eventname = 'RunInstances' AND responseelements LIKE '%"instancesSet"%'
                THEN json_extract(responseelements, '$.instancesSet.items')
            ELSE json_parse('[0]')
        END AS items
    FROM calls
    WHERE eventsource IN ('sts.amazonaws.com', 'iam.amazonaws.com', 'signin.amazonaws.com', 'sso.amazonaws.com',
            'ec2.amazonaws.com')
        AND eventname IN ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity', 'AssumeRoot',
            'GetFederationToken', 'GetSessionToken', 'CreateAccessKey', 'CreateLoginProfile', 'CreateUser', 'SwitchRole',
            'CreateOAuth2Token', 'GetRoleCredentials', 'RunInstances')
        OR sessioncredentialfromconsole IN ('true', 'True', 'TRUE')
        OR useridentity.sessioncontext.attributes.sessioncredentialfromconsole IN ('true', 'True', 'TRUE')
        OR useridentity.onbehalfof.userid IS NOT NULL
),
exploded AS (
    SELECT
        s.*, p.part, i.item,
        CASE WHEN s.type = 'AWSService' THEN 'yes' END AS is_service,
        CASE
            WHEN p.part = 'caller' THEN s.access_key
            WHEN p.part = 'key' AND s.worked = 'yes' AND s.eventsource IN ('sts.amazonaws.com', 'iam.amazonaws.com')
                AND COALESCE(s.type, '') <> 'AWSService'
                AND (s.action <> 'CreateAccessKey'
                    OR COALESCE(s.type, '') <> 'IAMUser'
                    OR s.user_name <> json_extract_scalar(s.response, '$.accessKey.userName')) THEN s.new_key
        END AS one_key,
        CASE
            WHEN p.part = 'caller' THEN s.own_start
            WHEN p.part = 'console' AND s.worked = 'yes' AND COALESCE(s.type, '') <> 'AWSService'
                THEN concat(split_part(s.role_arn, ':', 5), ':', s.new_principal, ':', s.event_time)
        END AS start,
        CASE
            WHEN p.part = 'caller' THEN s.own_grant
            WHEN p.part = 'made' AND s.worked = 'yes' AND s.action = 'GetRoleCredentials'
                THEN concat(s.granted_account, ':', s.permission_set, ':', s.event_time)
        END AS sign_on_grant,
        CASE
            WHEN p.part = 'caller' THEN s.arn
            WHEN p.part = 'made' AND s.action = 'SwitchRole' THEN json_extract_scalar(s.more, '$.SwitchFrom')
        END AS from_arn
    FROM seen s
    CROSS JOIN UNNEST(CAST(s.items AS ARRAY(JSON))) AS i(item)
    CROSS JOIN UNNEST(ARRAY['caller', 'key', 'console', 'made']) AS p(part)
),
known AS (
    SELECT
        *,
        MAX(CASE WHEN part = 'key' THEN 'yes' END) OVER (PARTITION BY one_key) AS key_is_issued,
        MAX(CASE WHEN part = 'caller' THEN is_console END) OVER (PARTITION BY start) AS start_is_console,
        MIN(CASE WHEN part = 'caller' AND by_service IS NULL THEN access_key END) OVER (PARTITION BY start) AS least_key,
        MAX(CASE WHEN part = 'caller' AND by_service IS NULL THEN access_key END) OVER (PARTITION BY start) AS most_key,
        MIN(CASE WHEN part = 'caller' THEN center END) OVER (PARTITION BY start) AS start_center,
        MIN(CASE WHEN part = 'made' THEN center END) OVER (PARTITION BY sign_on_grant) AS least_granted,
        MAX(CASE WHEN part = 'made' THEN center END) OVER (PARTITION BY sign_on_grant) AS most_granted,
        MIN(CASE WHEN part = 'caller' THEN principal END) OVER (PARTITION BY sign_on_grant) AS least_taker,
        MAX(CASE WHEN part = 'caller' THEN principal END) OVER (PARTITION BY sign_on_grant) AS most_taker,
        MAX(CASE WHEN part = 'caller' AND type = 'IAMUser' THEN concat('user:', owner, ':', user_name) END)
            OVER (PARTITION BY principal) AS principal_user,
        ROW_NUMBER() OVER (PARTITION BY part, new_key
            ORDER BY CASE WHEN arn IS NULL THEN 1 ELSE 0 END, event_time, event_id, account_id) AS key_place
    FROM exploded
),
people AS (
    SELECT
        *,
        CASE
            WHEN own_start IS NOT NULL AND sign_on IS NOT NULL THEN COALESCE(start_center,
                CASE
                    WHEN sign_on_grant IS NOT NULL AND least_granted = most_granted AND least_taker = most_taker THEN least_granted
                END)
        END AS session_center
    FROM known
),
callers AS (
    SELECT
        *,
        CASE
            WHEN part <> 'caller' THEN NULL
            WHEN access_key IS NOT NULL AND key_is_issued = 'yes' THEN concat('key:', access_key)
            WHEN type = 'Root' AND assumed_root = 'true' THEN concat('key:', access_key)
            WHEN type = 'Root' THEN concat('root:', owner)
            WHEN type = 'IAMUser' THEN COALESCE(concat('user:', owner, ':', user_name), principal_user)
            WHEN type = 'AssumedRole' AND issuer_arn LIKE '%/aws-service-role/%' THEN NULL
            WHEN type = 'AssumedRole' AND sign_on IS NOT NULL THEN COALESCE(
                concat('center:', session_center),
                CASE
                    WHEN MIN(session_center) OVER (PARTITION BY part, sign_on)
                        = MAX(session_center) OVER (PARTITION BY part, sign_on)
                        THEN concat('center:', MIN(session_center) OVER (PARTITION BY part, sign_on))
                END,
                concat('sso:', sign_on))
            WHEN type = 'AssumedRole' AND instance IS NOT NULL
                THEN concat('instance:', split_part(arn, ':', 5), ':', instance)
            WHEN type = 'AssumedRole' AND sign_in IS NOT NULL THEN concat('sign-in:', sign_in)
            WHEN type = 'AssumedRole' AND own_start IS NOT NULL AND start_is_console = 'yes' THEN concat('console:', own_start)
            WHEN type = 'AssumedRole' AND own_start IS NOT NULL AND access_key IS NOT NULL AND by_service IS NOT NULL
                AND least_key = most_key THEN concat('key:', least_key)
            WHEN type = 'AssumedRole' THEN COALESCE(
                concat('key:', access_key), concat('console:', own_start), concat('arn:', arn))
            WHEN type = 'FederatedUser' AND issuer_type = 'IAMUser' AND issuer_arn LIKE 'arn:%:iam::%:user/%'
                THEN concat('user:', split_part(issuer_arn, ':', 5), ':', regexp_extract(issuer_arn, '[^/]+$'))
            WHEN type = 'FederatedUser' AND issuer_type = 'Root' THEN concat('root:', owner)
            WHEN type = 'SAMLUser' THEN concat('saml:', provider, ':', user_name)
            WHEN type = 'AWSAccount' AND (lower(owner) LIKE 'anonymous%' OR lower(principal) LIKE 'anonymous%') THEN NULL
            WHEN type = 'AWSAccount' THEN COALESCE(principal_user, concat('stranger:', owner, ':', COALESCE(principal, '')))
            WHEN type = 'IdentityCenterUser' THEN COALESCE(concat('center:', center), concat('sso:', lower(user_name)))
            WHEN type IN ('AWSService', 'WebIdentityUser') THEN NULL
            ELSE concat('arn:', arn)
        END AS caller
    FROM people
),
ways AS (
    SELECT
        *,
        MAX(caller) OVER (PARTITION BY event_id, account_id) AS called_by,
        MIN(caller) OVER (PARTITION BY from_arn) AS least_from,
        MAX(caller) OVER (PARTITION BY from_arn) AS most_from
    FROM callers
),
made AS (
    SELECT
        event_time, account_id, region, source_ip, event_id, actor, arn,
        CASE
            WHEN part = 'made' AND is_service = 'yes' THEN 'instance profile'
            WHEN part = 'console' THEN 'SwitchRole'
            ELSE action
        END AS how,
        CASE WHEN part = 'key' OR is_service = 'yes' THEN new_key END AS access_key,
        COALESCE(role_arn, CASE
            WHEN action = 'GetRoleCredentials' THEN permission_set
            WHEN action = 'SwitchRole' THEN issuer_arn
        END) AS role,
        CASE WHEN action LIKE 'Assume%' THEN json_extract_scalar(request, '$.roleSessionName') END AS session_name,
        CASE
            WHEN part = 'key' AND one_key IS NOT NULL AND key_place = 1 THEN concat('key:', new_key)
            WHEN part = 'console' AND key_place = 1 AND start_is_console = 'yes' AND start IS NOT NULL
                THEN concat('console:', start)
            WHEN part <> 'made' OR worked IS NULL THEN NULL
            WHEN action = 'AssumeRole' AND is_service = 'yes'
                AND json_extract_scalar(request, '$.roleSessionName') LIKE 'i-%' AND actor LIKE 'ec2.%'
                THEN concat('key:', new_key)
            WHEN action = 'SwitchRole' THEN concat('console:', own_start)
            WHEN action = 'GetRoleCredentials' THEN concat('sso:', sign_on_grant)
            WHEN by_service IS NOT NULL THEN NULL
            WHEN action = 'CreateUser'
                THEN concat('user:', account_id, ':', json_extract_scalar(request, '$.userName'))
            WHEN action = 'CreateLoginProfile'
                THEN concat('password:', account_id, ':', json_extract_scalar(request, '$.userName'))
            WHEN action = 'CreateOAuth2Token' THEN concat('sign-in:', json_extract_scalar(more, '$.signInSessionArn'))
            WHEN action = 'RunInstances'
                THEN concat('instance:', account_id, ':', json_extract_scalar(item, '$.instanceId'))
        END AS session,
        CASE
            WHEN part = 'made' AND is_service = 'yes'
                THEN concat('instance:', account_id, ':', json_extract_scalar(request, '$.roleSessionName'))
            WHEN action = 'SwitchRole' AND from_arn LIKE 'arn:%:iam::%:user/%'
                THEN concat('user:', split_part(from_arn, ':', 5), ':', regexp_extract(from_arn, '[^/]+$'))
            WHEN action = 'SwitchRole' AND from_arn LIKE 'arn:%:iam::%:root' THEN concat('root:', split_part(from_arn, ':', 5))
            WHEN action = 'SwitchRole' AND least_from = most_from THEN least_from
            WHEN action <> 'SwitchRole' THEN called_by
        END AS issuer,
        CASE
            WHEN part = 'console' AND (source_ip = 'AWS Internal' OR by_service = 'AWS Internal') THEN 0
            WHEN part = 'console' THEN 1
            WHEN action = 'SwitchRole' THEN 2
            WHEN is_service = 'yes' THEN 3
            ELSE 0
        END AS place
    FROM ways
),
sure AS (
    SELECT
        *,
        MIN(place) OVER (PARTITION BY session) AS best_place
    FROM made
    WHERE session IS NOT NULL
),
counted AS (
    SELECT
        *,
        MIN(issuer) OVER (PARTITION BY session) AS least_issuer,
        MAX(issuer) OVER (PARTITION BY session) AS most_issuer,
        ROW_NUMBER() OVER (PARTITION BY session
            ORDER BY CASE WHEN issuer IS NULL THEN 1 ELSE 0 END, event_time, event_id, account_id) AS nth
    FROM sure
    WHERE place = best_place
),
links AS (
    SELECT
        session, how, access_key, role, session_name, event_time, account_id, region, source_ip, event_id,
        CASE
            WHEN (session LIKE 'console:%' OR session LIKE 'sso:%') AND least_issuer <> most_issuer OR issuer = session
                THEN NULL
            ELSE issuer
        END AS issuer,
        CASE
            WHEN issuer IS NULL OR issuer = session THEN 0
            WHEN (session LIKE 'console:%' OR session LIKE 'sso:%') AND least_issuer <> most_issuer THEN 2
            ELSE 1
        END AS candidates,
        actor AS issuer_actor
    FROM counted
    WHERE nth = 1
),
-- Each hop asks for the issuer of the issuer; a join would read all again for each.
hop_1 AS (
    SELECT l.*, a.asks
    FROM links l
    CROSS JOIN UNNEST(ARRAY['yes', 'no']) AS a(asks)
),
hop_2 AS (
    SELECT
        hop_1.*,
        MAX(CASE WHEN asks = 'no' THEN issuer END) OVER (
            PARTITION BY CASE WHEN asks = 'yes' THEN issuer ELSE session END) AS issuer_2,
        MAX(CASE WHEN asks = 'no' THEN issuer_actor END) OVER (
            PARTITION BY CASE WHEN asks = 'yes' THEN issuer ELSE session END) AS actor_2
    FROM hop_1
),
hop_3 AS (
    SELECT
        hop_2.*,
        MAX(CASE WHEN asks = 'no' THEN issuer END) OVER (
            PARTITION BY CASE WHEN asks = 'yes' THEN issuer_2 ELSE session END) AS issuer_3,
        MAX(CASE WHEN asks = 'no' THEN issuer_actor END) OVER (
            PARTITION BY CASE WHEN asks = 'yes' THEN issuer_2 ELSE session END) AS actor_3
    FROM hop_2
),
hop_4 AS (
    SELECT
        hop_3.*,
        MAX(CASE WHEN asks = 'no' THEN issuer END) OVER (
            PARTITION BY CASE WHEN asks = 'yes' THEN issuer_3 ELSE session END) AS issuer_4,
        MAX(CASE WHEN asks = 'no' THEN issuer_actor END) OVER (
            PARTITION BY CASE WHEN asks = 'yes' THEN issuer_3 ELSE session END) AS actor_4
    FROM hop_3
),
hop_5 AS (
    SELECT
        hop_4.*,
        MAX(CASE WHEN asks = 'no' THEN issuer END) OVER (
            PARTITION BY CASE WHEN asks = 'yes' THEN issuer_4 ELSE session END) AS issuer_5,
        MAX(CASE WHEN asks = 'no' THEN issuer_actor END) OVER (
            PARTITION BY CASE WHEN asks = 'yes' THEN issuer_4 ELSE session END) AS actor_5
    FROM hop_4
)
SELECT
    session,
    CASE
        WHEN session LIKE 'key:AKIA%' THEN 'key'
        WHEN session LIKE 'key:%' THEN 'session'
        WHEN session LIKE 'console:%' THEN 'console'
        WHEN session LIKE 'user:%' THEN 'user'
        WHEN session LIKE 'password:%' THEN 'password'
        WHEN session LIKE 'instance:%' THEN 'instance'
        WHEN session LIKE 'sign-in:%' THEN 'agent'
        ELSE 'single sign-on'
    END AS kind,
    how,
    access_key,
    role,
    session_name,
    event_time AS since,
    account_id,
    region,
    issuer,
    CASE WHEN issuer IS NOT NULL THEN issuer_actor END AS issuer_actor,
    candidates,
    CASE
        WHEN issuer IS NULL THEN 0
        WHEN issuer_2 IS NULL THEN 1
        WHEN issuer_3 IS NULL THEN 2
        WHEN issuer_4 IS NULL THEN 3
        WHEN issuer_5 IS NULL THEN 4
        ELSE 5
    END AS hops,
    COALESCE(issuer_5, issuer_4, issuer_3, issuer_2, issuer) AS root,
    CASE
        WHEN issuer_5 IS NOT NULL THEN actor_5
        WHEN issuer_4 IS NOT NULL THEN actor_4
        WHEN issuer_3 IS NOT NULL THEN actor_3
        WHEN issuer_2 IS NOT NULL THEN actor_2
        WHEN issuer IS NOT NULL THEN issuer_actor
    END AS root_actor,
    source_ip,
    event_id
FROM hop_5
WHERE asks = 'yes'
