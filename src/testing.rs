//! What the tests, benchmarks and the Trino suite use of the program, under the paths that it has inside. Everything else is
//! private, so that the compiler reports what nothing uses.
//!
//! Not an interface: it changes with the code.

#![expect(missing_docs, reason = "modules that only re-export")]

pub mod app {
    pub use crate::app::{App, check, read_library};
    #[cfg(feature = "aws")]
    pub mod upkeep {
        pub use crate::app::upkeep::apply;
    }
}
#[cfg(feature = "aws")]
pub mod aws {
    pub mod athena {
        pub use crate::aws::athena::Statements;
    }
    pub mod glue {
        pub use crate::aws::glue::Glue;
    }
    pub mod organizations {
        pub use crate::aws::organizations::Organizations;
    }
}
pub mod cases {
    pub use crate::cases::{CaseResult, Runner, Subject, question};
}
pub mod config {
    pub use crate::config::{
        AccountList, Channel, Config, ConfigFile, FILE_NAME, Mail, TableSetting, Trail, ValueOrigin, load,
        resolve,
    };
}
#[cfg(feature = "aws")]
pub mod deliver {
    pub use crate::deliver::{MimeMail, compose, trial};
    pub mod slack {
        pub use crate::deliver::slack::{Patience, SlackError, post};
    }
    pub mod webhook {
        pub use crate::deliver::webhook::WebhookUrl;
    }
}
pub mod demo {
    pub use crate::demo::{Demo, write};
}
pub mod domain {
    pub mod account {
        pub use crate::domain::account::{Account, Accounts};
    }
    pub mod attack {
        pub use crate::domain::attack::Attack;
    }
    pub mod brief {
        pub use crate::domain::{
            brief::{Brief, Coverage, Drift, Failure, MissingRegion, Problem, RunFacts},
            nothing_to_read::{NothingToRead, Unread},
        };
    }
    pub mod changes {
        pub use crate::domain::changes::{Changes, StillThere, StoryChange, Undone};
    }
    pub mod cloudtrail {
        pub use crate::domain::cloudtrail::{COLUMNS, ColumnKind, PARTITION_COLUMNS};
    }
    pub mod decision {
        pub use crate::domain::decision::{Decision, Subject, Verdict};
    }
    pub mod delivery {
        pub use crate::domain::delivery::{Deliveries, USUAL_DELAY};
    }
    pub mod detection {
        pub use crate::domain::detection::{
            Attempts, Detection, DetectionId, Need, Origin, ParamValue, Status,
        };
    }
    pub mod habits {
        pub use crate::domain::habits::{COLUMNS, Days, EventSource, Habit, Habits, day_of};
    }
    pub mod finding {
        pub use crate::domain::finding::{Finding, FindingState, Fingerprint};
    }
    pub mod price {
        pub use crate::domain::price::{Price, Requests};
    }
    pub mod roll_up {
        pub use crate::domain::roll_up::{LeftOutPack, ReportedStory, RollUp, ScheduleReport};
    }
    pub mod rows {
        pub use crate::domain::rows::{Rows, Value};
    }
    pub mod severity {
        pub use crate::domain::severity::Severity;
    }
    pub mod state {
        pub use crate::domain::state::{OpenRun, State};
    }
    pub mod story {
        pub use crate::domain::story::{
            Containment, LeftBehind, Standing, Step, Story, StoryAccount, StoryAddress, StoryId, StoryLink,
            StoryState,
        };
    }
    pub mod waiting {
        pub use crate::domain::waiting::Waiting;
    }
    pub mod suppression {
        pub use crate::domain::suppression::{Suppression, SuppressionUse};
    }
    pub mod time {
        pub use crate::domain::time::{Span, Timestamp, Window};
    }
    pub mod whereabouts {
        pub use crate::domain::whereabouts::Whereabouts;
    }
    pub mod zone {
        pub use crate::domain::zone::Zone;
    }
    pub mod trace {
        pub use crate::domain::trace::{TraceField, TraceQuery, Wanted};
    }
    pub mod truncation {
        pub use crate::domain::truncation::Truncation;
    }
    pub mod undecidable {
        pub use crate::domain::undecidable::{Undecidable, UndecidableEvent};
    }
    pub mod untrusted {
        pub use crate::domain::untrusted::Untrusted;
    }
}
pub mod engine {
    pub use crate::engine::Answer;
    #[cfg(feature = "aws")]
    pub mod athena {
        pub use crate::engine::athena::{Athena, Settings, UNKNOWN, normal};
    }
    pub mod embedded {
        pub mod adhoc {
            pub use crate::engine::embedded::adhoc::{AdHocError, AnswerStream, Files, run};
        }
        pub mod answer {
            pub use crate::engine::embedded::answer::{AnswerFormat, WriteError, write};
        }
        pub mod pack {
            pub use crate::engine::embedded::pack::{Pack, Surroundings};
        }
        pub mod profile {
            pub use crate::engine::embedded::profile::shipped::{Entry, Keys};
        }
        pub mod reader {
            pub use crate::engine::embedded::reader::{
                ColumnSet, EventBuilder, FileStats, Flow, Input, Limits, Partition, Reader, schema,
                schema_with_hidden,
            };
        }
        pub mod scan {
            pub use crate::engine::embedded::scan::Progress;
        }
        pub mod source {
            pub use crate::engine::embedded::source::{LogFile, Memory, Source};
            pub mod walk {
                pub use crate::engine::embedded::source::walk::walk;
            }
        }
    }
    pub mod ledger {
        pub use crate::engine::ledger::{Ledger, LedgerError, NoLedger};
    }
}
pub mod library {
    pub use crate::library::{Case, Library, Sources, UserPath, case_window};
}
pub mod plan {
    pub use crate::plan::{Occasion, Question, Sql, plan};
    #[cfg(feature = "aws")]
    pub mod views {
        pub use crate::plan::views::with_views;
    }
    pub mod window {
        pub use crate::plan::window::Cadence;
    }
}
pub mod mmdb {
    pub use crate::mmdb::{Databases, MmdbError};
}
pub mod render {
    pub use crate::render::{
        TextStyle, csv, html, json, message, plain, read, repeated, slack, summary, text,
    };
}
pub mod run {
    pub use crate::run::{Job, Logs, Outcome, RunError, learn, run, scheduled_id};
}
pub mod schedule {
    pub use crate::schedule::{
        Observer, RunOutput, RunResult, RunStatus, ScheduleEvent, ScheduledRun, execute,
    };
}
pub mod story {
    pub use crate::story::links;
}
pub mod store {
    pub use crate::store::{Claim, Holder, LEASE, LeaseTerms, Store, StoreError};
}
pub mod table {
    pub use crate::table::{Change, Definition};
}
pub mod text {
    pub use crate::text::{Diagnostic, Level, Lint, Place, TomlValue};
}
pub mod user_error {
    pub use crate::user_error::UserError;
}
