//! Events as a stream of lines, read in chunks and worked on by several threads, in order.
//!
//! Knows: files, compression, event logs, lines.
//! Does not know: rules.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The longest line that is read, in bytes; longer ones are reported and passed over.
pub const MOST: usize = 16 << 20;

/// How many bytes a chunk of lines has, about.
const CHUNK: usize = 1 << 20;

/// Some whole lines.
#[derive(Debug, Default)]
pub struct Chunk {
    /// Which of the inputs they are from.
    pub input: usize,
    /// The number of the first line, from 1.
    pub line: usize,
    /// The lines, each with its newline; the last line of an input may have none.
    pub bytes: Buffer,
    /// Whether this stands for one line that is too long, and is not there.
    pub too_long: bool,
}

/// Bytes read, in memory that is made ready once and used again and again.
#[derive(Debug, Default)]
pub struct Buffer {
    /// Longer than what is read: its rest is room that need not be cleared again.
    memory: Vec<u8>,
    len: usize,
}

impl std::ops::Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.memory[..self.len]
    }
}

impl Buffer {
    fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Takes away the first bytes.
    fn forget(&mut self, count: usize) {
        self.memory.copy_within(count..self.len, 0);
        self.len -= count;
    }

    /// Room for so many bytes after those read.
    fn room(&mut self, want: usize) -> &mut [u8] {
        if self.memory.len() < self.len + want {
            self.memory.resize(self.len + want, 0);
        }
        &mut self.memory[self.len..self.len + want]
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.room(bytes.len()).copy_from_slice(bytes);
        self.len += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is done with chunks.
pub trait Work: Sync {
    /// What a chunk becomes.
    type Output: Send;
    /// What a thread keeps from chunk to chunk.
    type State;

    /// At the start of a thread.
    fn start(&self) -> Self::State;

    /// One chunk.
    fn chunk(&self, state: &mut Self::State, chunk: &Chunk) -> Self::Output;

    /// At the end of a thread.
    fn end(&self, state: Self::State);
}

/// Shown while the work goes on, at most this often.
const TICK: Duration = Duration::from_millis(200);

/// Reads all inputs, hands chunks to `threads` threads, and what they become to `take`, in order.
/// `take` ends the run with `false`. `progress` is called now and then with the bytes read so far.
///
/// # Errors
///
/// When an input can't be read; what was read before it has been taken.
pub fn run<W: Work>(
    inputs: &[PathBuf],
    threads: usize,
    work: &W,
    take: &mut dyn FnMut(W::Output, &Chunk) -> bool,
    progress: &mut dyn FnMut(u64),
) -> Result<(), String> {
    let stop = AtomicBool::new(false);
    let done = AtomicU64::new(0);
    // Chunks go round: no more are in flight than there are, whatever waits for whom.
    let pool = threads * 2 + 2;
    let (give_back, empty) = channel::<Buffer>();
    for _ in 0..pool {
        let _ = give_back.send(Buffer::default());
    }
    let (send, receive) = sync_channel::<(usize, Chunk)>(pool);
    let receive = Mutex::new(receive);
    let (finish, finished) = channel();
    let mut result = Ok(());
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut lines = Lines { send, empty, stop: &stop, done: &done, sequence: 0 };
            lines.inputs(inputs)
        });
        for _ in 0..threads {
            let finish = finish.clone();
            let receive = &receive;
            scope.spawn(move || {
                let mut state = work.start();
                while let Some((sequence, chunk)) = next(receive) {
                    let output = work.chunk(&mut state, &chunk);
                    if finish.send((sequence, output, chunk)).is_err() {
                        break;
                    }
                }
                work.end(state);
            });
        }
        drop(finish);
        let mut waiting = BTreeMap::new();
        let mut wanted = 0;
        let mut shown = Instant::now();
        while let Ok((sequence, output, chunk)) = finished.recv() {
            waiting.insert(sequence, (output, chunk));
            while let Some((output, mut chunk)) = waiting.remove(&wanted) {
                wanted += 1;
                if !stop.load(Ordering::Relaxed) && !take(output, &chunk) {
                    stop.store(true, Ordering::Relaxed);
                }
                chunk.bytes.truncate(0);
                let _ = give_back.send(chunk.bytes);
            }
            if shown.elapsed() >= TICK {
                shown = Instant::now();
                progress(done.load(Ordering::Relaxed));
            }
        }
        drop(give_back);
        result = reader.join().unwrap_or_else(|_| Err("reading events failed".to_owned()));
    });
    result
}

fn next(receive: &Mutex<Receiver<(usize, Chunk)>>) -> Option<(usize, Chunk)> {
    receive.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// Cuts inputs into chunks.
struct Lines<'a> {
    send: SyncSender<(usize, Chunk)>,
    empty: Receiver<Buffer>,
    stop: &'a AtomicBool,
    done: &'a AtomicU64,
    sequence: usize,
}

impl Lines<'_> {
    fn inputs(&mut self, inputs: &[PathBuf]) -> Result<(), String> {
        for (input, path) in inputs.iter().enumerate() {
            let fail = |err: &dyn std::fmt::Display| {
                let shown = if path.as_os_str() == "-" {
                    "standard input".into()
                } else {
                    path.display().to_string()
                };
                format!("can't read `{shown}`: {err}")
            };
            if path.extension().is_some_and(|it| it.eq_ignore_ascii_case("evtx")) {
                self.event_log(input, path).map_err(|err| fail(&err))?;
            } else {
                let reader = open(path).map_err(|err| fail(&err))?;
                self.lines(input, reader).map_err(|err| fail(&err))?;
            }
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
        }
        Ok(())
    }

    /// Sends a chunk on; `false` when nobody wants more.
    fn send(&mut self, chunk: Chunk) -> bool {
        self.done.fetch_add(chunk.bytes.len() as u64, Ordering::Relaxed);
        let sent = self.send.send((self.sequence, chunk)).is_ok();
        self.sequence += 1;
        sent && !self.stop.load(Ordering::Relaxed)
    }

    fn buffer(&self) -> Buffer {
        let buffer = self.empty.recv().unwrap_or_default();
        // A chunk that had to grow for a long line is not kept at that size.
        if buffer.memory.len() > CHUNK * 2 { Buffer::default() } else { buffer }
    }

    fn lines(&mut self, input: usize, mut reader: Box<dyn Read>) -> io::Result<()> {
        let mut line = 1;
        let mut buffer = self.buffer();
        let mut skipping = false;
        loop {
            let start = buffer.len();
            // A long line is read in growing steps, but not far beyond what is taken.
            let want = CHUNK.max(start).min(MOST + CHUNK - start);
            let read = read_some(&mut *reader, &mut buffer, want)?;
            let ended = read == 0;
            let end = match memchr::memrchr(b'\n', &buffer[start..]) {
                _ if ended => buffer.len(),
                Some(at) => start + at + 1,
                // A line that goes on.
                None if buffer.len() >= MOST => {
                    if !skipping {
                        let chunk = Chunk { input, line, bytes: Buffer::default(), too_long: true };
                        if !self.send(chunk) {
                            return Ok(());
                        }
                    }
                    skipping = true;
                    buffer.truncate(0);
                    continue;
                }
                None => continue,
            };
            if skipping {
                // Until the end of the line that is left out.
                match memchr::memchr(b'\n', &buffer) {
                    Some(at) => {
                        buffer.forget(at + 1);
                        skipping = false;
                        line += 1;
                    }
                    None => buffer.truncate(0),
                }
                if ended {
                    return Ok(());
                }
                continue;
            }
            let mut next = self.buffer();
            next.write_all(&buffer[end..])?;
            buffer.truncate(end);
            let count = memchr::memchr_iter(b'\n', &buffer).count();
            if !buffer.is_empty()
                && !self.send(Chunk { input, line, bytes: buffer, too_long: false })
            {
                return Ok(());
            }
            line += count;
            buffer = next;
            if ended {
                return Ok(());
            }
        }
    }

    /// An event log of Windows, each record a line of flat JSON.
    fn event_log(&mut self, input: usize, path: &Path) -> Result<(), Box<dyn std::error::Error>> {
        let settings = evtx::ParserSettings::default().separate_json_attributes(false);
        let mut parser = evtx::EvtxParser::from_path(path)?.with_configuration(settings);
        let mut line = 1;
        let mut buffer = self.buffer();
        let mut first = line;
        for record in parser.records_json_value() {
            // A damaged record is a line that is no JSON, so that it is reported like one.
            match record {
                Ok(it) => serde_json::to_writer(&mut buffer, &crate::event_log::flat(&it.data))?,
                Err(err) => buffer.write_all(err.to_string().replace('\n', " ").as_bytes())?,
            }
            buffer.write_all(b"\n")?;
            line += 1;
            if buffer.len() >= CHUNK {
                let bytes = std::mem::replace(&mut buffer, self.buffer());
                if !self.send(Chunk { input, line: first, bytes, too_long: false }) {
                    return Ok(());
                }
                first = line;
            }
        }
        if !buffer.is_empty() {
            self.send(Chunk { input, line: first, bytes: buffer, too_long: false });
        }
        Ok(())
    }
}

/// Reads all there is, up to so many bytes, but at a pause of the writer only what there is.
/// How many bytes there were.
fn read_some(reader: &mut dyn Read, buffer: &mut Buffer, want: usize) -> io::Result<usize> {
    let room = buffer.room(want);
    let mut read = 0;
    while read < want {
        match reader.read(&mut room[read..]) {
            Ok(0) => break,
            Ok(it) => {
                let new = read..read + it;
                read += it;
                // A pipe gives what it has; a stream that trickles must not wait for more.
                if memchr::memchr(b'\n', &room[new]).is_some() {
                    break;
                }
            }
            Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
            Err(err) => return Err(err),
        }
    }
    buffer.len += read;
    Ok(read)
}

fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdin()));
    }
    let file = File::open(path)?;
    Ok(match path.extension().and_then(|it| it.to_str()) {
        Some("gz") => Box::new(flate2::read::MultiGzDecoder::new(BufReader::new(file))),
        Some("zst") => Box::new(
            ruzstd::decoding::StreamingDecoder::new(BufReader::new(file))
                .map_err(|err| io::Error::other(err.to_string()))?,
        ),
        _ => Box::new(file),
    })
}
