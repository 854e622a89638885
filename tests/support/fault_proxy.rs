//! A proxy in front of KMS that records every call and does what a network or a service in trouble does.
//!
//! One thread a connection. It reads each request whole, takes the first planned fault that fits the operation
//! (from `X-Amz-Target: TrentService.Operation`), and either answers itself or forwards.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::http::{self, Message};

/// How long [`Fault::Gather`] and [`Fault::Waves`] wait for others: less than the time a client gives one attempt.
pub const GATHER_LIMIT: Duration = Duration::from_secs(8);

/// What happens to a call instead of an answer.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Nothing: the call is passed on (to place a fault at the n-th call).
    None,
    /// An answer with this status and AWS error code.
    Error { status: u16, code: &'static str },
    /// An answer with this status and a body that is no AWS error: a load balancer's page.
    Page { status: u16, body: &'static str },
    /// The answer is held back this long.
    Delay(Duration),
    /// The answer is held back until this many calls of the operation have arrived.
    Gather(usize),
    /// The answer is held back until the rest of its wave has arrived, and then this long: so many calls of the operation
    /// are a wave, in the order of arrival, and the last one is what is left of all.
    Waves { of: usize, all: usize, pause: Duration },
    /// The answer's JSON is changed on its way.
    Rewrite(fn(&mut Value)),
    /// The connection is reset once the request has arrived.
    Reset,
    /// The answer ends in the middle of its body.
    Truncate,
    /// No answer; the connection stays open until the peer gives up.
    Hang,
}

/// One call as it arrived.
#[derive(Clone, Debug)]
pub struct Call {
    /// `Encrypt`, `Decrypt`, `GenerateDataKey` …
    pub operation: String,
    /// The Region that the request was signed for.
    pub region: String,
    /// The access key id that it was signed with.
    pub access_key_id: String,
    /// The client's name for itself.
    pub user_agent: String,
    /// The request, JSON or a form; null when it is neither.
    pub request: Value,
    /// When it had arrived whole.
    pub arrived: Instant,
    /// When its answer began to be sent; `None` when it had none.
    pub answered: Option<Instant>,
}

impl Call {
    /// The wrapping key that the request names.
    pub fn key_id(&self) -> &str {
        self.request["KeyId"].as_str().unwrap_or_default()
    }

    /// The encryption context of the request; an absent one is empty.
    pub fn context(&self) -> Value {
        match &self.request["EncryptionContext"] {
            Value::Null => json!({}),
            context => context.clone(),
        }
    }
}

struct Rule {
    operation: String,
    /// Text that the request must hold.
    about: Option<String>,
    fault: Fault,
    /// How many more calls it is for; `None` for all.
    left: Option<usize>,
}

#[derive(Default)]
struct Plan {
    rules: Vec<Rule>,
    calls: Vec<Call>,
}

#[derive(Default)]
struct Shared {
    plan: Mutex<Plan>,
    arrival: Condvar,
}

/// A running proxy. It ends with the test process.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Proxy {
    /// Starts a proxy on a free port of 127.0.0.1.
    pub fn start(upstream: SocketAddr) -> Proxy {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port of 127.0.0.1");
        let address = listener.local_addr().expect("a bound listener has an address");
        let shared = Arc::<Shared>::default();
        let plan = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let plan = Arc::clone(&plan);
                // A connection that breaks is what the client makes of a fault: it reports it, not the proxy.
                std::thread::spawn(move || plan.serve(client, upstream));
            }
        });
        Proxy { address, shared }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A fault for one call of this operation; several stand in line.
    pub fn once(&self, operation: &str, fault: Fault) {
        self.plan(operation, None, fault, Some(1));
    }

    /// A fault for every call of this operation that no earlier plan takes.
    pub fn always(&self, operation: &str, fault: Fault) {
        self.plan(operation, None, fault, None);
    }

    /// A fault for every call of this operation that names the key.
    pub fn for_key(&self, operation: &str, key: &str, fault: Fault) {
        self.plan(operation, Some(key.to_owned()), fault, None);
    }

    fn plan(&self, operation: &str, about: Option<String>, fault: Fault, left: Option<usize>) {
        self.shared.lock().rules.push(Rule { operation: operation.to_owned(), about, fault, left });
    }

    /// Every call so far, in the order of arrival.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.lock().calls.clone()
    }

    /// The calls of one operation so far.
    pub fn calls_of(&self, operation: &str) -> Vec<Call> {
        let mut calls = self.calls();
        calls.retain(|call| call.operation == operation);
        calls
    }

    /// The operations so far, in the order of arrival.
    pub fn operations(&self) -> Vec<String> {
        self.calls().into_iter().map(|call| call.operation).collect()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().expect("no thread panics while it holds the plan")
    }

    fn serve(&self, mut client: TcpStream, upstream: SocketAddr) -> io::Result<()> {
        client.set_nodelay(true)?;
        while let Some(mut request) = http::read_all_but_last_byte(&mut client)? {
            let (index, fault) = self.record(&request);
            if matches!(fault, Fault::Reset) {
                // What has arrived and was not read makes the system send a reset.
                return Ok(());
            }
            http::take_last_byte(&mut client, &mut request)?;
            let answer = match fault {
                Fault::Hang => {
                    while client.read(&mut [0; 1024])? > 0 {}
                    return Ok(());
                }
                Fault::Error { status, code } => aws_error(status, code),
                Fault::Page { status, body } => answer(status, "text/html", body.as_bytes()),
                _ => forward(upstream, &request)?,
            };
            let answer = match fault {
                Fault::Delay(time) => {
                    std::thread::sleep(time);
                    answer
                }
                Fault::Gather(count) => {
                    self.wait_for(index, count);
                    answer
                }
                Fault::Waves { of, all, pause } => {
                    let place = self.place(index);
                    self.wait_for(index, ((place / of + 1) * of).min(all));
                    std::thread::sleep(pause);
                    answer
                }
                Fault::Rewrite(change) => rewritten(&answer, change)?,
                _ => answer,
            };
            self.lock().calls[index].answered = Some(Instant::now());
            client.write_all(&answer.head)?;
            if matches!(fault, Fault::Truncate) {
                client.write_all(&answer.body[..answer.body.len() / 2])?;
                return client.shutdown(Shutdown::Both);
            }
            client.write_all(&answer.body)?;
            if answer.header("connection").eq_ignore_ascii_case("close") {
                return client.shutdown(Shutdown::Both);
            }
        }
        Ok(())
    }

    /// Writes the call down and takes the fault that is planned for it.
    fn record(&self, request: &Message) -> (usize, Fault) {
        let text = String::from_utf8_lossy(&request.body);
        let target = request.header("x-amz-target");
        let form: HashMap<String, String> = if target.is_empty() { form(&text) } else { HashMap::new() };
        let operation = match form.get("Action") {
            // The calls to STS name theirs in a form.
            Some(action) => action.clone(),
            None => target.rsplit('.').next().unwrap_or_default().to_owned(),
        };
        // Credential=AKID/20260101/us-west-2/kms/aws4_request
        let authorization = request.header("authorization");
        let scope = authorization.split_once("Credential=").map_or("", |(_, rest)| rest);
        let scope: Vec<&str> = scope.split('/').collect();
        let mut plan = self.lock();
        let rule = plan.rules.iter_mut().find(|rule| {
            rule.operation == operation
                && rule.left != Some(0)
                && rule.about.as_ref().is_none_or(|about| text.contains(about.as_str()))
        });
        let fault = rule.map_or(Fault::None, |rule| {
            rule.left = rule.left.map(|left| left - 1);
            rule.fault.clone()
        });
        plan.calls.push(Call {
            operation,
            region: scope.get(2).copied().unwrap_or_default().to_owned(),
            access_key_id: scope.first().copied().unwrap_or_default().to_owned(),
            user_agent: request.header("user-agent"),
            request: match form.is_empty() {
                true => serde_json::from_slice(&request.body).unwrap_or_default(),
                false => json!(form),
            },
            arrived: Instant::now(),
            answered: None,
        });
        self.arrival.notify_all();
        (plan.calls.len() - 1, fault)
    }

    /// The place of a call among those of its operation, from 0.
    fn place(&self, index: usize) -> usize {
        let plan = self.lock();
        let operation = &plan.calls[index].operation;
        plan.calls[..index].iter().filter(|call| call.operation == *operation).count()
    }

    fn wait_for(&self, index: usize, count: usize) {
        let plan = self.lock();
        let operation = plan.calls[index].operation.clone();
        let too_few = |plan: &mut Plan| {
            let arrived = |call: &&Call| call.operation == operation;
            plan.calls.iter().filter(arrived).count() < count
        };
        let waited = self.arrival.wait_timeout_while(plan, GATHER_LIMIT, too_few);
        drop(waited.expect("no thread panics while it holds the plan"));
    }
}

/// The fields of a form.
fn form(text: &str) -> HashMap<String, String> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.replace("%3A", ":").replace("%2F", "/"))).collect()
}

fn forward(upstream: SocketAddr, request: &Message) -> io::Result<Message> {
    let mut server = TcpStream::connect(upstream)?;
    server.write_all(&request.head)?;
    server.write_all(&request.body)?;
    http::read_message(&mut server)?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

fn rewritten(original: &Message, change: fn(&mut Value)) -> io::Result<Message> {
    let mut json = serde_json::from_slice(&original.body)?;
    change(&mut json);
    let body = json.to_string();
    Ok(answer(200, "application/x-amz-json-1.1", body.as_bytes()))
}

fn aws_error(status: u16, code: &str) -> Message {
    let body = json!({"__type": code, "message": "planned by the test"}).to_string();
    answer(status, "application/x-amz-json-1.1", body.as_bytes())
}

fn answer(status: u16, content_type: &str, body: &[u8]) -> Message {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} Planned\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n"
    );
    Message { head: head.into_bytes(), body: body.to_vec() }
}
