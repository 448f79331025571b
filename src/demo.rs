//! placeholder
use crate::desk::Desk;
/// x
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct DemoError;
/// x
pub async fn fill(_desk: &Desk, _url: &str) -> Result<(), DemoError> { Ok(()) }
