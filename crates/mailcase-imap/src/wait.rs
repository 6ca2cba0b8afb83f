//! Waiting for news: IDLE (RFC 2177), or a look at the end of the wait.

use crate::connection::{Answer, Tag, answer};
use crate::refusal::{broken, refused};
use crate::session::Session;
use crate::wire::command::Command;
use crate::wire::response::Response;
use mailcase_mail::{Interrupt, SourceError, Wake};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// An IDLE is renewed this often. RFC 2177 demands 29 minutes, but some providers and many firewalls forget a
/// silent connection after ten; the answer to the renewal also proves that the other end is alive.
pub(crate) const RENEW_AFTER: Duration = Duration::from_secs(9 * 60);

enum News {
    Changed,
    Renew,
    Until,
    Interrupted,
}

impl Session {
    /// Waits in the selected folder, showing signs of life every `renew_after`.
    pub(crate) async fn wait(
        &mut self,
        until: Instant,
        renew_after: Duration,
        interrupt: &Interrupt,
    ) -> Result<Wake, SourceError> {
        self.connection.rest();
        let idle = self.has("IDLE");
        loop {
            if self.take_growth() {
                return Ok(Wake::Changed);
            }
            let tag = if idle { self.idle().await? } else { None };
            let news = if self.take_growth() {
                News::Changed
            } else {
                self.listen(until, renew_after, interrupt).await?
            };
            let changed = self.end_of_idle(tag).await?;
            match news {
                News::Interrupted => return Ok(Wake::Interrupted),
                _ if changed => return Ok(Wake::Changed),
                News::Changed => return Ok(Wake::Changed),
                News::Until => return Ok(Wake::TimedOut),
                News::Renew => {}
            }
        }
    }

    /// Starts IDLE; nothing when the server refuses it this once.
    async fn idle(&mut self) -> Result<Option<Tag>, SourceError> {
        let tag = self.connection.send(&Command::new("IDLE")).await?;
        loop {
            match self.connection.next().await? {
                Response::Continue(_) => return Ok(Some(tag)),
                Response::Tagged { tag: answered, line } => {
                    return match answer(&tag, &answered, line)? {
                        // Waiting without IDLE is as good, only later.
                        Answer::No(_) => Ok(None),
                        Answer::Ok(_) => Err(broken("the server ended IDLE before it began")),
                    };
                }
                other => self.note(&other)?,
            }
        }
    }

    async fn listen(
        &mut self,
        until: Instant,
        renew_after: Duration,
        interrupt: &Interrupt,
    ) -> Result<News, SourceError> {
        let renew = Instant::now().checked_add(renew_after).unwrap_or(until);
        loop {
            let response = tokio::select! {
                biased;
                () = interrupt.notified() => return Ok(News::Interrupted),
                response = self.connection.next_unhurried() => response?,
                () = sleep_until(until) => return Ok(News::Until),
                () = sleep_until(renew) => return Ok(News::Renew),
            };
            self.note(&response)?;
            match response {
                Response::Exists(_) | Response::Expunge | Response::Fetch(_) => return Ok(News::Changed),
                Response::Recent(count) if count > 0 => return Ok(News::Changed),
                Response::Tagged { .. } => return Err(broken("the server ended IDLE by itself")),
                // "still here", or nothing we know.
                _ => {}
            }
        }
    }

    /// Ends IDLE, or asks for news where there is none; says whether something changed meanwhile.
    async fn end_of_idle(&mut self, tag: Option<Tag>) -> Result<bool, SourceError> {
        let tag = match tag {
            Some(tag) => {
                self.connection.send_line(b"DONE").await?;
                tag
            }
            None => self.connection.send(&Command::new("NOOP")).await?,
        };
        let mut changed = false;
        let selected = &mut self.selected;
        let answer = self
            .connection
            .finish(&tag, &mut |response| {
                changed |= matches!(response, Response::Expunge | Response::Fetch(_));
                crate::session::note(selected.as_mut(), &response)
            })
            .await?;
        match answer {
            Answer::Ok(_) => Ok(changed | self.take_growth()),
            Answer::No(line) => Err(refused("to go on", &line)),
        }
    }

    /// Whether the folder grew since this was last asked.
    fn take_growth(&mut self) -> bool {
        self.selected.as_mut().is_some_and(|selected| std::mem::take(&mut selected.grew))
    }
}
