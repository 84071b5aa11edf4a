//! The end of a session: all sites compare what they saw opened, so that nobody acts on a value that another site
//! saw differently. Also the moment after which every site has all it needs, and links may be closed.

use super::Context;
use crate::error::{Error, Result};
use crate::sharing::Security;
use std::collections::BTreeSet;
use subtle::ConstantTimeEq;

/// Compares the records of opened values. One round of 32 bytes to each other site.
///
/// # Errors
/// [`Error::Inconsistent`] naming a site whose record differs.
pub async fn finish<S: Security>(ctx: &Context<S>) -> Result<()> {
    let mine = ctx.transcript_digest();
    let everyone: BTreeSet<_> = ctx.roster().sites().collect();
    let received = ctx.narrow("finish").deliver(mine.to_vec(), &everyone).await?;
    for (peer, theirs) in received.unwrap_or_default() {
        if !bool::from(theirs.ct_eq(&mine)) {
            return Err(Error::Inconsistent { peer });
        }
    }
    Ok(())
}
