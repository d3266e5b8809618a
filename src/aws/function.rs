//! Lambda's API: the function invokes itself to resume a run.

use aws_sdk_lambda::{Client, primitives::Blob, types::InvocationType};

use super::{AwsError, call::sent, error::failed, sdk_config};

/// A client of Lambda.
#[derive(Clone, Debug)]
pub struct Function {
    client: Client,
}

impl Function {
    /// A client with the environment's region and credentials.
    pub async fn of_environment() -> Self {
        Self { client: Client::new(&sdk_config(None).await) }
    }

    /// Invokes a function, or its alias or version, with this event, without waiting for its end.
    ///
    /// # Errors
    ///
    /// If the service refuses.
    pub async fn invoke(&self, name: &str, qualifier: Option<&str>, event: &str) -> Result<(), AwsError> {
        const OPERATION: &str = "lambda:InvokeFunction";
        let request = self
            .client
            .invoke()
            .function_name(name)
            .set_qualifier(qualifier.map(str::to_owned))
            .invocation_type(InvocationType::Event)
            .payload(Blob::new(event.as_bytes()));
        let thing = match qualifier {
            Some(qualifier) => format!("the function `{name}:{qualifier}`"),
            None => format!("the function `{name}`"),
        };
        let answer = sent(OPERATION, &thing, |tries| request.customize().interceptor(tries).send()).await;
        answer.map(drop).map_err(|error| failed(OPERATION, &thing, &error))
    }
}
