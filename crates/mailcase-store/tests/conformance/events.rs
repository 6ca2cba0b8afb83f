//! Who hears of what.

use crate::fixture::{Fixture, mail};
use mailcase_store::{Event, EventStream};
use std::time::Duration;

async fn wait_for(events: &mut EventStream, wanted: &Event) {
    let heard = async {
        loop {
            let event = events.next().await;
            if event == *wanted {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), heard).await.expect("the event was not heard");
}

pub(crate) async fn watchers_hear_of_changes_on_every_replica(fx: &Fixture) {
    let other = fx.another_process().await;
    let mut here = fx.store.events();
    let mut there = other.events();
    let (message, case) = fx.message("1", mail("S", "<1@x>", &[])).await;
    let case = case.unwrap();
    let expected = [
        Event::MessageStored { org: fx.org, message },
        Event::MessageDecided { org: fx.org, message, case: Some(case) },
        Event::CaseChanged { org: fx.org, case },
    ];
    for event in &expected {
        wait_for(&mut here, event).await;
    }
    let wake = Event::ConnectorWake { connector: fx.connector.id };
    // More than one notification can carry.
    for _ in 0..500 {
        fx.store.publish(Event::AlarmChanged { org: fx.org }).await;
    }
    fx.store.publish(wake.clone()).await;
    wait_for(&mut here, &wake).await;
    if matches!(fx.config.database, mailcase_store::DatabaseConfig::Postgres { .. }) {
        for event in &expected {
            wait_for(&mut there, event).await;
        }
        wait_for(&mut there, &wake).await;
        // Our own events are not heard twice: the next one is the next one.
        fx.store.publish(Event::AlarmChanged { org: fx.org }).await;
        assert_eq!(here.next().await, Event::AlarmChanged { org: fx.org });
        other.publish(wake.clone()).await;
        assert_eq!(tokio::time::timeout(Duration::from_secs(20), here.next()).await.unwrap(), wake);
    }
}
