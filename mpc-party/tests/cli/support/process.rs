//! A started program whose every wait is bounded.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_mpc-party");

/// Longest time that any run in these tests may take.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Its exit code; `None` where a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// Checks the exit code, and that an error is a few lines on stderr that hold all of these texts.
    #[track_caller]
    pub(crate) fn failed(&self, code: i32, texts: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert!(self.stderr.contains("error: "), "{self:#?}");
        let error = self.stderr.split_once("error: ").map_or("", |(_, error)| error);
        assert!(error.lines().count() <= 6, "more than a few lines: {self:#?}");
        for text in texts {
            assert!(error.contains(text), "no {text:?} in {self:#?}");
        }
    }

    /// Checks that it ended because a party was lost. Whoever hears of it only from others may hear, of these, that
    /// one lost another.
    #[track_caller]
    pub(crate) fn lost(&self, party: &str) {
        self.failed(4, &[]);
        let heard = self.stderr.contains(party) || self.stderr.contains("it lost its link to");
        assert!(heard, "no {party} in {self:#?}");
    }

    /// Checks that it is done.
    #[track_caller]
    pub(crate) fn done(&self) {
        assert_eq!(self.code, Some(0), "{self:#?}");
    }
}

/// A program under way. Dropping it kills it.
pub(crate) struct Running {
    name: String,
    child: Child,
    stdout: Pipe,
    stderr: Pipe,
}

impl Running {
    /// Starts it.
    pub(crate) fn start(name: &str, command: &mut Command) -> Self {
        Self::start_with(name, command, Stdio::null())
    }

    /// Starts it with this as its standard input.
    pub(crate) fn start_with(name: &str, command: &mut Command, stdin: Stdio) -> Self {
        let mut child = command
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let stdout = Pipe::read(child.stdout.take().expect("a pipe"));
        let stderr = Pipe::read(child.stderr.take().expect("a pipe"));
        Self { name: name.to_owned(), child, stdout, stderr }
    }

    /// The process's number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal to the program itself, not to what it has started.
    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([&format!("-{signal}"), &id]).status();
        assert!(sent.expect("kill runs").success(), "no {signal} to {}", self.name);
    }

    /// Waits until it has printed a text.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) {
        let end = Instant::now() + LIMIT;
        while !self.stderr.text().contains(text) && !self.stdout.text().contains(text) {
            let gone = self.child.try_wait().expect("its state is known");
            assert!(
                gone.is_none() && Instant::now() < end,
                "{}: no {text:?}: {}",
                self.name,
                self.stderr.text()
            );
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits for its end, which must come in time.
    #[track_caller]
    pub(crate) fn wait(&mut self, limit: Duration) -> Ended {
        let end = Instant::now() + limit;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("its state is known") {
                break status;
            }
            if Instant::now() >= end {
                self.kill();
                panic!("{} did not end within {limit:?}: {}", self.name, self.stderr.text());
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        Ended { code: status.code(), stdout: self.stdout.finish(), stderr: self.stderr.finish() }
    }

    /// Ends it as a power failure would.
    pub(crate) fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Runs a program to its end.
#[track_caller]
pub(crate) fn run(command: &mut Command) -> Ended {
    Running::start("the program", command).wait(LIMIT)
}

/// What comes through a pipe, as it comes.
struct Pipe {
    text: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Pipe {
    fn read(mut pipe: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(Vec::new()));
        let sink = text.clone();
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = pipe.read(&mut buffer) {
                sink.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&buffer[..count]);
            }
        });
        Self { text, reader: Some(reader) }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.text.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    /// Everything; call it when the writer has ended.
    fn finish(&mut self) -> String {
        // A process that the program left behind keeps the pipe open; the test of that must not hang on it.
        let end = Instant::now() + Duration::from_secs(5);
        while self.reader.as_ref().is_some_and(|reader| !reader.is_finished()) && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(2));
        }
        if let Some(reader) = self.reader.take_if(|reader| reader.is_finished()) {
            reader.join().expect("the pipe is read");
        }
        self.text()
    }
}
