//! "Test connection" of a folder: the path, what lies there, and whether it can be changed.

use crate::settings::Layout;
use crate::source::FolderSource;
use mailcase_mail::{CheckReport, CheckStep, FolderPath, MailSource, Scope, SourceError, StepStatus};
use rustix::fs::{Access, access};
use std::time::Instant;

/// Goes through every step; those after one that failed are skipped.
pub(crate) async fn report(source: &mut FolderSource, folders: &[FolderPath]) -> CheckReport {
    let mut report = CheckReport::default();
    let began = Instant::now();
    let layout = source.layout().await;
    let opened = layout.as_ref().map(|layout| described(*layout).to_owned()).map_err(Clone::clone);
    report.steps.push(step("path", format!("Open {}", source.path().display()), opened, began));
    let Ok(layout) = layout else {
        for folder in folders {
            report.steps.push(skipped("folder", format!("Find the folder {folder}")));
        }
        return report;
    };
    if folders.is_empty() {
        let began = Instant::now();
        let listed =
            source.folders().await.map(|folders| format!("{} found", counted(folders.len(), "folder")));
        report.steps.push(step("folder", "List the folders".to_owned(), listed, began));
    }
    for folder in folders {
        look(source, layout, folder, &mut report).await;
    }
    if report.passed() && layout == Layout::Maildir {
        report.steps.push(writable(source).await);
    }
    report
}

async fn look(source: &mut FolderSource, layout: Layout, folder: &FolderPath, report: &mut CheckReport) {
    let began = Instant::now();
    let title = format!("Find the folder {folder}");
    if layout == Layout::Mbox {
        // Counting would read the whole file: the first message shows that it can be read.
        let first = source.discover(folder, Scope::NewFromAll, None, 1).await;
        let found = first.map(|page| match page.messages.is_empty() {
            true => "the file holds no message yet".to_owned(),
            false => "the first message can be read".to_owned(),
        });
        report.steps.push(step("folder", title, found, began));
        return;
    }
    let heads = match source.inventory(folder).await {
        Ok(heads) => heads,
        Err(error) => {
            report.steps.push(step("folder", title, Err(error), began));
            report.steps.push(skipped("unread", format!("Count the unread messages in {folder}")));
            report.steps.push(skipped("newest", format!("Find the newest message in {folder}")));
            return;
        }
    };
    report.steps.push(step("folder", title, Ok(counted(heads.len(), "message")), began));
    let unread = heads.iter().filter(|head| head.seen != Some(true)).count();
    let title = format!("Count the unread messages in {folder}");
    report.steps.push(step("unread", title, Ok(format!("{unread} unread")), Instant::now()));
    let newest = heads.iter().filter_map(|head| head.received).max();
    let newest = newest.map_or_else(|| "there is none".to_owned(), |at| format!("received {at:.0}"));
    let title = format!("Find the newest message in {folder}");
    report.steps.push(step("newest", title, Ok(newest), Instant::now()));
}

/// Whether messages could be marked read, moved and deleted. Only asks; nothing is tried.
async fn writable(source: &FolderSource) -> CheckStep {
    let began = Instant::now();
    let path = source.path().join("cur");
    let allowed = source.lane().run("asking for permissions", move || {
        Ok(access(&path, Access::WRITE_OK | Access::EXEC_OK).map_err(|error| error.to_string()))
    });
    let title = "Ask whether messages may be changed".to_owned();
    match allowed.await {
        Ok(Ok(())) => step("permissions", title, Ok("they may".to_owned()), began),
        Ok(Err(reason)) => CheckStep {
            status: StepStatus::Warning,
            detail: format!("messages can be read but not marked read, moved or deleted: {reason}"),
            hint: Some("Choose to keep the messages as they are, or give permission to write.".to_owned()),
            ..step("permissions", title, Ok(String::new()), began)
        },
        Err(error) => step("permissions", title, Err(error), began),
    }
}

const fn described(layout: Layout) -> &'static str {
    match layout {
        Layout::Maildir => "it is a Maildir",
        Layout::Mbox => "it is a file",
        Layout::Files | Layout::Auto => "it is a directory of message files",
    }
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

fn step(name: &str, title: String, found: Result<String, SourceError>, began: Instant) -> CheckStep {
    let (status, detail, hint) = match found {
        Ok(detail) => (StepStatus::Passed, detail, None),
        Err(error) => (StepStatus::Failed, error.to_string(), error.hint().map(str::to_owned)),
    };
    let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    CheckStep { name: name.to_owned(), title, status, detail, hint, millis, beginning: None }
}

fn skipped(name: &str, title: String) -> CheckStep {
    let detail = "an earlier step failed".to_owned();
    CheckStep {
        name: name.to_owned(),
        title,
        status: StepStatus::Skipped,
        detail,
        hint: None,
        millis: 0,
        beginning: None,
    }
}
