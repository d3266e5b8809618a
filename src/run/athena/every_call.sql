WITH called AS (
    SELECT
        useridentity.type AS kind, useridentity.arn AS arn,
        COALESCE(useridentity.username,
            concat('Identity Center user ', useridentity.onbehalfof.userid, ' of ',
                split_part(useridentity.onbehalfof.identitystorearn, '/', 2)),
            concat('Identity Center user ', useridentity.onbehalfof.userid)) AS user_name,
        useridentity.principalid AS principal_id, useridentity.accountid AS identity_account,
        useridentity.sessioncontext.sessionissuer.arn AS issuer_arn,
        CASE WHEN useridentity.accesskeyid LIKE 'AKIA%' THEN useridentity.accesskeyid END AS access_key,
        account_id AS recipient, eventsource AS source, region, network, agent, substr(event_time, 1, 10) AS day,
        CASE
            WHEN readonly IS DISTINCT FROM 'true' OR concat(eventsource, ' ', eventname) IN ('{named}') THEN eventname
        END AS name,
        COALESCE(lower(useridentity.principalid) LIKE 'anonymous%', FALSE) AS is_anonymous,
        concat(COALESCE(useridentity.arn, ''), COALESCE(useridentity.sessioncontext.sessionissuer.arn, '')) AS arns
    FROM calls
    WHERE outcome = 'success'
        AND useridentity.type IS DISTINCT FROM 'AWSService'
        AND COALESCE(useridentity.invokedby, '') IN ('', 'AWS Internal', 'signin.amazonaws.com')
        AND COALESCE(useridentity.sessioncontext.sessionissuer.arn, '') NOT LIKE '%/aws-service-role/%'
), told_apart AS (
    SELECT
        *,
        arns NOT LIKE '%AWSReservedSSO%'
            AND (kind = 'AWSAccount' OR kind = 'AssumedRole' AND issuer_arn <> '') AS is_one_for_all_sessions,
        COALESCE(kind NOT IN ('AssumedRole', 'Role', 'AWSAccount'), TRUE)
            OR arns LIKE '%AWSReservedSSO%' OR access_key IS NOT NULL AS has_origin
    FROM called
), reduced AS (
    SELECT
        kind,
        CASE WHEN is_one_for_all_sessions THEN NULL ELSE arn END AS arn,
        CASE WHEN is_one_for_all_sessions THEN NULL ELSE user_name END AS user_name,
        CASE WHEN is_one_for_all_sessions AND NOT is_anonymous THEN NULL ELSE principal_id END AS principal_id,
        identity_account, issuer_arn, recipient, source, name, region, day, access_key,
        CASE WHEN has_origin THEN network END AS network,
        CASE WHEN has_origin THEN agent END AS agent
    FROM told_apart
)
SELECT kind, arn, user_name, principal_id, identity_account, issuer_arn, recipient, source, name, region, access_key, network,
    agent, day
FROM reduced
GROUP BY GROUPING SETS (
    (kind, arn, user_name, principal_id, identity_account, issuer_arn, recipient, source, name, region, day),
    (kind, arn, user_name, principal_id, identity_account, issuer_arn, access_key, network, agent, day))
