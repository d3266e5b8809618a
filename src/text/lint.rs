//! The codes of problems, each with what it means and how to mend it: `trailbrief check --explain CODE`.

use std::fmt;

macro_rules! lints {
    ($($name:ident $code:literal $sentence:literal $explanation:literal;)*) => {
        /// What is wrong, as a stable code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Lint {
            $(#[doc = $sentence] $name,)*
        }

        impl Lint {
            /// Every code, in the order in which they are documented.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code, as it stands between brackets in a message.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// What the code means, in one sentence.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)* }
            }

            /// Why it is a problem and how to mend it, in a few sentences.
            #[must_use]
            pub const fn explanation(self) -> &'static str {
                match self { $(Self::$name => $explanation,)* }
            }
        }
    };
}

lints! {
    Unreadable "unreadable" "A file or directory cannot be read."
        "The message gives the reason of the operating system. Check that the path exists, that you may read it, and that \
         the file is UTF-8 text. Paths in `[library] paths` start at the directory of the configuration file.";
    BadHeader "bad-header" "The header of a detection is missing, is not closed or is not TOML."
        "A detection begins with a line `-- ---`. The header follows as TOML, each line after `-- `, and a second line \
         `-- ---` ends it. Text needs quotes: `-- severity = \"high\"`.";
    BadToml "bad-toml" "A file is not TOML."
        "The configuration and the files of cases are TOML (https://toml.io). The message points at the place where the \
         parser stopped: often a quote, comma or bracket is missing there or on the line before.";
    UnknownKey "unknown-key" "A key is not known here."
        "Unknown keys are errors, so that a typing mistake never silently leaves a setting at its default. Correct the \
         spelling, move the key into the table that it belongs to, or remove it.";
    MissingKey "missing-key" "A required key is missing."
        "Add the key. `queries/README.md` lists the keys of a detection's header, `trailbrief.example.toml` those of the \
         configuration. Shipped detections must also have `status`, `attack`, `benign` and `steps`.";
    BadValue "bad-value" "A value has the wrong type or form."
        "The message names the key and the form that it needs, such as a whole number, an array of text or a length of \
         time like `24h`.";
    IdPathMismatch "id-path-mismatch" "The id of a detection does not match its directory and file name."
        "The detection `iam.root-console-login` is the file `iam/root-console-login.sql`, so that people find the file of a \
         finding. Rename the file, or change the id.";
    DuplicateId "duplicate-id" "Two files have the same id."
        "An id names one detection. Choose another one. To replace a shipped detection with your own version, keep its id \
         and write `overrides = true` into the header.";
    OverrideWithoutOriginal "override-without-original" "A detection overrides a shipped one that does not exist."
        "The header says `overrides = true`, but no shipped detection has this id: it may have been renamed or removed. \
         Your detection runs anyway. Remove `overrides`, or correct the id.";
    MissingColumn "missing-column" "A standard output column is missing from the SELECT list."
        "Every detection returns `account_id`, `region`, `actor`, `action`, `resource` and `source_ip`. If a row is one \
         event it also returns `event_time` and `event_id`; if a row counts events it returns `first_seen`, `last_seen`, \
         `occurrences` and `event_ids` instead. Where there is no value, select `NULL` under the column's name. With \
         `attempts` in the header it also returns `outcome`: `success`, `denied` or `failed`.";
    UnknownHole "unknown-hole" "A placeholder in `says` is not an output column."
        "`says` is the sentence that a brief shows for each finding. `{column}` in it stands for the finding's value, so it \
         must be a column that the query returns. Correct the name, or add the column to the SELECT list.";
    UnknownAbout "unknown-about" "A name in `about` is not an output column."
        "The columns in `about` decide whether two findings are the same one, so each must be a column that the query \
         returns. Correct the name, or add the column to the SELECT list.";
    SelectStar "select-star" "The query selects `*` instead of naming its columns."
        "With `*`, a new field in the logs would change what a finding shows. Write out every column.";
    TakenName "taken-name" "A view has the name of a relation."
        "`events`, `history`, `accounts`, `watchlist` and `habits` are relations, and a name that begins with `past_` means a \
         view over `history`. Give the view another name.";
    ViewCircle "view-circle" "A view reads itself, or a view that cannot be used."
        "Views may read relations and other views, but no view may be read by what it reads. Let one of them read the \
         relation itself, and mend what is wrong with the others.";
    UndescribedColumn "undescribed-column" "A view does not say what a column means."
        "People read a view by its columns: `trailbrief show VIEW` and `DESCRIBE` print what the header says about them in \
         `[columns]`. Only columns that have the name of one of `events` need no description.";
    ForeignRelation "foreign-relation" "The query reads a table that detections may not read."
        "Detections read only `events`, `history`, `accounts`, `watchlist` and `habits`, views, and names that they define in \
         their own `WITH`. These are limited to the window of a run, on Athena as well as over log files. In a statement copied from \
         Athena, replace the table's name with `events`.";
    UndeclaredParam "undeclared-param" "A parameter is used or set but not declared."
        "`:name` in a query, a key of `[params.\"ID\"]` in the configuration and a key of `params` in a case must each be \
         declared in the detection's header as `[params.name]`, with `type`, `default` and `about`. Declare it, or correct \
         the name.";
    UnusedParam "unused-param" "A parameter is declared but not used."
        "Changing it would have no effect. Use `:name` in the query, or remove `[params.name]` from the header.";
    UnknownFunction "unknown-function" "The query calls a function that does not exist on both engines."
        "A detection runs on Athena and over log files, so it may only call functions that both have. Correct the spelling, \
         or express the condition with another function.";
    UnknownTechnique "unknown-technique" "An ATT&CK tactic or technique is not known."
        "Each entry of `attack` is a tactic and a technique, such as `TA0001:T1078.004`. The program knows the tactics of \
         ATT&CK for Enterprise and the techniques that CloudTrail can show. Correct the number, or use the parent technique.";
    TacticTechniqueMismatch "tactic-technique-mismatch" "An ATT&CK technique does not belong to its tactic."
        "ATT&CK lists every technique under one or more tactics. Use one of the tactics that the hint names.";
    LookbackWithoutHistory "lookback-without-history" "The header gives a `lookback`, but the query does not read `history`."
        "`lookback` is how far `history` reaches back before the window, and it costs reading time. Remove it, or read \
         `history`.";
    HistoryWithoutLookback "history-without-lookback" "The query reads `history`, but the header gives no `lookback`."
        "Without `lookback`, `history` would be empty. Say how far it reaches back, such as `lookback = \"14d\"`.";
    NoFiringCase "no-firing-case" "No case shows the detection firing."
        "A detection that has never fired in a test may never fire at all. Add a case with `finds = 1` or more to \
         `<name>.cases.toml` beside the detection. `queries/README.md` shows how.";
    NoNearMiss "no-near-miss" "No case shows an input that almost fires."
        "A near miss differs from a firing case in one thing (a field, a count, a watch-list, a parameter) and has \
         `finds = 0`. It proves that this condition of the query matters. Copy a firing case and change one field.";
    UnknownBase "unknown-base" "A case names a base event that does not exist."
        "`base` names a JSON file without `.json`: a shipped base event, or one in a directory `events/` beside your \
         detection or above it. Correct the name, or add the file.";
    OrphanCases "orphan-cases" "A file of cases has no detection beside it."
        "`<name>.cases.toml` belongs to `<name>.sql` in the same directory. Rename or move it, or delete it.";
    DeprecatedWithoutReason "deprecated-without-reason" "A deprecated detection does not say why."
        "Say in `description` why it is deprecated and what replaces it.";
    HeaderTooLong "header-too-long" "The header is longer than people read."
        "Keep the header within 30 lines. Move explanations to a page and list its address in `references`.";
    DuplicateDescription "duplicate-description" "Two detections have the same title or description."
        "Readers of a brief cannot distinguish them. Describe what is particular to each.";
    SqlSyntax "sql-syntax" "The SQL is not a query that the engine accepts."
        "A detection is one `SELECT`, or `WITH … SELECT`, as Athena runs it: no second statement, no `INSERT` or `DELETE`, \
         types that fit. The message says what the engine did not accept, at which line and column.";
    UnknownColumn "unknown-column" "A column does not exist."
        "`events` and `history` have the columns of the CloudTrail table, in lower case. Fields of a struct follow a dot: \
         `useridentity.type`. What is JSON text, such as `requestparameters`, is read with \
         `json_extract_scalar(requestparameters, '$.name')`. In a case, `rows` names columns that the query returns.";
    UnknownDetection "unknown-detection" "The configuration or a header names a detection that does not exist."
        "The id may be misspelt, or the detection was renamed or removed. `trailbrief list` shows every id.";
    UnknownPack "unknown-pack" "A schedule runs a pack that no detection belongs to."
        "The schedule would search for nothing and never report anything. `packs` in the header of a detection says which \
         packs it belongs to; `trailbrief list` shows them.";
    UnreadWatchlist "unread-watchlist" "No detection reads this watch-list."
        "The name of the list may be misspelt, and the detections that read the list then treat it as empty.";
    BadNetwork "bad-network" "An entry of a list of networks is not a network."
        "Lists whose name ends in `-cidrs` hold networks such as `192.0.2.0/24` or `2001:db8::/32`. The bits after the \
         prefix must be zero; a single address has the prefix `/32` or `/128`.";
    SuppressionExpires "suppression-expires" "A suppression has expired or expires soon."
        "From its date `expires` on, a suppression holds back nothing and its findings are reported again. Renew the date \
         after the owner has confirmed the reason, or remove the suppression. The warning begins 14 days before.";
}

impl Lint {
    /// The lint with this code; `None` if there is none.
    #[must_use]
    pub fn with_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|lint| lint.code() == code)
    }
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
