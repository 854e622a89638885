//! A small HTTP server in the place of what gives out credentials: the instance metadata service, a container's
//! endpoint, the SSO portal. It answers by method and path, and keeps what it was asked.

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::http;

/// What it answers to one request line.
pub struct Answer {
    /// `GET /path`, without the query.
    pub request: &'static str,
    pub body: String,
}

/// A running server. It ends with the test process.
pub struct StandIn {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl StandIn {
    /// Starts it on a free port of 127.0.0.1. What has no answer gets a 404.
    pub fn start(answers: Vec<Answer>) -> StandIn {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port of 127.0.0.1");
        let address = listener.local_addr().expect("a bound listener has an address");
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&heads);
        let answers = Arc::new(answers);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (answers, kept) = (Arc::clone(&answers), Arc::clone(&kept));
                // A client that goes away early knows why.
                std::thread::spawn(move || answer(client, &answers, &kept));
            }
        });
        StandIn { address, heads }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The heads of all requests so far.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("no poison").clone()
    }
}

fn answer(mut client: TcpStream, answers: &[Answer], kept: &Mutex<Vec<String>>) -> std::io::Result<()> {
    while let Some(request) = http::read_message(&mut client)? {
        let head = String::from_utf8_lossy(&request.head).into_owned();
        let line = head.split(['?', '\r']).next().unwrap_or_default();
        let line = line.trim_end_matches(" HTTP/1.1");
        let found = answers.iter().find(|answer| answer.request == line);
        let (status, body) = found.map_or(("404 Not Found", ""), |answer| ("200 OK", answer.body.as_str()));
        kept.lock().expect("no poison").push(head.clone());
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
             x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n\r\n{body}"
        );
        client.write_all(head.as_bytes())?;
    }
    Ok(())
}
