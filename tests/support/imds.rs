//! A stand-in for the instance metadata service: token, user data and the credentials of a role, version 2 only.

use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};

use super::http::{self, Message};

/// What a token request must carry, and with which names tokens are sent and asked for.
const TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";
const TOKEN: &str = "x-aws-ec2-metadata-token";
/// Where credentials are, below which the name of the role is added.
const CREDENTIALS: &str = "GET /latest/meta-data/iam/security-credentials/";
const ROLE: &str = "orders";
/// The access key id of the role's credentials.
pub const ROLE_KEY_ID: &str = "ASIAROLE";
/// The only token that is ever accepted.
const THE_TOKEN: &str = "AQAEAFTNrA4eEGx0AQgJ1arIq_Cc-t4tWt3fB0Hd8RKhXlKc5ccvhg==";

/// How the service answers.
#[derive(Clone, Debug)]
pub enum Answer {
    /// With the user data.
    UserData(Vec<u8>),
    /// The instance has none.
    NoUserData,
    /// Every token request with this status.
    TokenStatus(u16),
    /// The first so many requests for user data with this status, and then with the user data.
    StatusFirst { times: usize, status: u16, user_data: Vec<u8> },
    /// Token requests never.
    Silence,
    /// Requests for user data never.
    SilenceAfterToken,
    /// Every request with a redirect to another host.
    Redirect(String),
    /// With a body that does not end, without a length.
    Endless,
    /// With this token, which no header can hold.
    BadToken(&'static str),
}

/// The running service; its threads end with the test process.
pub struct MetadataService {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl MetadataService {
    pub fn start(answer: Answer) -> MetadataService {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it has an address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, seen) = (answer.clone(), Arc::clone(&seen));
                // A client that goes away in the middle is not the service's trouble.
                std::thread::spawn(move || serve(stream, &answer, &seen));
            }
        });
        MetadataService { address, requests }
    }

    /// Its address, for `AWS_EC2_METADATA_SERVICE_ENDPOINT`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Method and path of every request, in their order.
    pub fn requests(&self) -> Vec<String> {
        lock(&self.requests).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no thread panics with it")
}

fn serve(mut stream: TcpStream, answer: &Answer, seen: &Mutex<Vec<String>>) -> io::Result<()> {
    while let Some(request) = http::read_message(&mut stream)? {
        let head = String::from_utf8_lossy(&request.head);
        let line = head.split(" HTTP/").next().unwrap_or_default().to_owned();
        let before = {
            let mut seen = lock(seen);
            seen.push(line.clone());
            seen.iter().filter(|one| **one == line).count() - 1
        };
        match line.as_str() {
            _ if matches!(answer, Answer::Redirect(_)) => {
                let Answer::Redirect(location) = answer else { continue };
                reply(&mut stream, 307, &format!("Location: {location}\r\n"), b"")?;
            }
            "PUT /latest/api/token" => give_token(&mut stream, &request, answer)?,
            _ if request.header(TOKEN) != THE_TOKEN => reply(&mut stream, 401, "", b"")?,
            "GET /latest/user-data" => give_user_data(&mut stream, answer, before)?,
            _ => match line.strip_prefix(CREDENTIALS) {
                Some("") => reply(&mut stream, 200, "", ROLE.as_bytes())?,
                Some(ROLE) => reply(&mut stream, 200, "", credentials().as_bytes())?,
                _ => reply(&mut stream, 404, "", b"")?,
            },
        }
    }
    Ok(())
}

fn give_token(stream: &mut TcpStream, request: &Message, answer: &Answer) -> io::Result<()> {
    let seconds = request.header(TTL).parse::<u32>().unwrap_or(0);
    // As the service itself does it: forwarded requests come from an open proxy.
    let is_forwarded = !request.header("x-forwarded-for").is_empty();
    match answer {
        _ if !(1..=21_600).contains(&seconds) => reply(stream, 400, "", b""),
        _ if is_forwarded => reply(stream, 403, "", b""),
        Answer::TokenStatus(status) => reply(stream, *status, "", b"<html>"),
        Answer::Silence => silence(stream),
        Answer::BadToken(token) => reply(stream, 200, "", token.as_bytes()),
        _ => reply(stream, 200, &format!("{TTL}: {seconds}\r\n"), THE_TOKEN.as_bytes()),
    }
}

fn give_user_data(stream: &mut TcpStream, answer: &Answer, before: usize) -> io::Result<()> {
    match answer {
        Answer::UserData(user_data) => reply(stream, 200, "", user_data),
        Answer::StatusFirst { times, status, .. } if before < *times => reply(stream, *status, "", b""),
        Answer::StatusFirst { user_data, .. } => reply(stream, 200, "", user_data),
        Answer::SilenceAfterToken => silence(stream),
        Answer::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            loop {
                stream.write_all(&[b'x'; 4096])?;
            }
        }
        _ => reply(stream, 404, "", b"<html>"),
    }
}

fn credentials() -> String {
    serde_json::json!({
        "Code": "Success",
        "Type": "AWS-HMAC",
        "AccessKeyId": ROLE_KEY_ID,
        "SecretAccessKey": "secret",
        "Token": "session",
        "LastUpdated": "2026-01-01T00:00:00Z",
        "Expiration": "2126-01-01T00:00:00Z",
    })
    .to_string()
}

fn reply(stream: &mut TcpStream, status: u16, headers: &str, body: &[u8]) -> io::Result<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} -\r\nContent-Length: {length}\r\n{headers}\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)
}

/// Until the client gives up.
fn silence(stream: &mut TcpStream) -> io::Result<()> {
    io::copy(stream, &mut io::sink())?;
    stream.shutdown(Shutdown::Both)
}
