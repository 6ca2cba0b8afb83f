//! The server on a real socket: it answers, and it stops when told to, streams and all.

use super::world::{DEADLINE, World};
use mailcase_core::permission::Role;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;

async fn read_until(socket: &mut TcpStream, wanted: &str) -> String {
    let mut text = String::new();
    let mut chunk = [0; 4096];
    while !text.contains(wanted) {
        let count = timeout(DEADLINE, socket.read(&mut chunk)).await.expect("no answer in time").unwrap();
        assert!(count > 0, "closed before `{wanted}`: {text}");
        text.push_str(&String::from_utf8_lossy(&chunk[..count]));
    }
    text
}

#[tokio::test]
async fn it_answers_and_stops_although_streams_are_open() {
    let world = World::new().await;
    let org = world.store.create_organization("acme").await.unwrap();
    let ada = world.member(org, "acme", Role::Analyst).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(crate::serve(listener, world.state.clone(), async {
        stopped.await.unwrap();
    }));

    let mut plain = TcpStream::connect(address).await.unwrap();
    plain.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    assert!(read_until(&mut plain, "ok\n").await.starts_with("HTTP/1.1 200"));

    let mut stream = TcpStream::connect(address).await.unwrap();
    let request =
        format!("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\n\r\n", ada.cookie.unwrap());
    stream.write_all(request.as_bytes()).await.unwrap();
    read_until(&mut stream, "event: ready").await;

    stop.send(()).unwrap();
    timeout(DEADLINE, server).await.expect("the server did not stop").unwrap().unwrap();
    let mut rest = Vec::new();
    timeout(DEADLINE, stream.read_to_end(&mut rest)).await.expect("the stream did not end").unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}
