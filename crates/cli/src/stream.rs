//! Events as a stream of lines, read in chunks by several threads that work on them, in order.
//!
//! Knows: files, compression, lines.
//! Does not know: rules.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::event_log::{EventLog, Packed};

/// The longest line that is read, in bytes; longer ones are reported and passed over.
pub const MOST: usize = 16 << 20;

/// How many bytes a chunk of lines has, about: so few that they stay near the core that reads them.
const CHUNK: usize = 1 << 16;

/// And where several threads take turns, which costs something for each chunk.
const SHARED_CHUNK: usize = 1 << 18;

/// Some whole lines.
#[derive(Debug, Default)]
pub struct Chunk {
    /// Where they are from.
    pub head: Head,
    /// The lines, each with its newline; the last line of an input may have none.
    pub bytes: Buffer,
    /// What has to become lines first.
    packed: Option<Packed>,
}

impl Chunk {
    /// Makes lines of what was read: apart from reading, so that several threads can.
    fn unpack(&mut self) {
        if let Some(it) = self.packed.take() {
            // Memory takes all that is written.
            let _ = it.write(&mut self.bytes);
            self.head.len = self.bytes.len();
        }
    }
}

/// What a chunk is, without its lines.
#[derive(Debug, Default, Clone, Copy)]
pub struct Head {
    /// Which of the inputs the lines are from.
    pub input: usize,
    /// How many bytes they have.
    pub len: usize,
    /// Whether there is no more for now, so that somebody may wait for what they come to.
    pub paused: bool,
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

    /// Nothing read, with room for an ordinary chunk: what had to grow for a long line is not kept
    /// at that size.
    fn clear(&mut self) {
        self.len = 0;
        if self.memory.len() > SHARED_CHUNK * 4 {
            self.memory = Vec::new();
        }
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

/// Takes what chunks become, in order; `false` ends the run.
pub type Take<'a, T> = &'a mut (dyn FnMut(T, &Head) -> bool + Send);

/// Reads all inputs in chunks, works on these with `threads` threads, and hands what they become to
/// `take`, in order. `progress` is called now and then with the bytes read so far.
///
/// # Errors
///
/// When an input can't be read; what was read before it has been taken.
pub fn run<W: Work>(
    inputs: &[PathBuf],
    threads: usize,
    work: &W,
    take: Take<'_, W::Output>,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<(), String> {
    let mut meter = Meter { done: 0, shown: Instant::now(), progress };
    if threads == 1 {
        return alone(&mut Lines::new(inputs, CHUNK), work, take, &mut meter);
    }
    // Whoever has no chunk reads the next one himself: what he reads is then near his core. And
    // whoever finishes the chunk that is wanted next takes it, and those waiting behind it.
    let source = Mutex::new(Source { lines: Lines::new(inputs, SHARED_CHUNK), sequence: 0 });
    let order = Order {
        inner: Mutex::new(Taking {
            waiting: BTreeMap::new(),
            wanted: 0,
            take,
            meter,
            stopped: false,
        }),
        taken: Condvar::new(),
        most: threads * 4,
    };
    let worker = || {
        let _leaving = Leaving(&order);
        let mut state = work.start();
        let mut chunk = Chunk::default();
        while let Some(sequence) = next(&source, &mut chunk) {
            chunk.unpack();
            let output = work.chunk(&mut state, &chunk);
            if !order.finish(sequence, output, chunk.head) {
                break;
            }
        }
        work.end(state);
    };
    std::thread::scope(|scope| {
        (1..threads).for_each(|_| _ = scope.spawn(worker));
        worker();
    });
    source.into_inner().unwrap_or_else(PoisonError::into_inner).lines.result
}

/// Puts what chunks become in their order.
struct Order<'a, T> {
    inner: Mutex<Taking<'a, T>>,
    taken: Condvar,
    /// So many may wait for the one that is wanted next.
    most: usize,
}

struct Taking<'a, T> {
    waiting: BTreeMap<usize, (T, Head)>,
    wanted: usize,
    take: Take<'a, T>,
    meter: Meter<'a>,
    stopped: bool,
}

impl<T> Order<'_, T> {
    /// Takes what a chunk became, when its turn has come; whether the run goes on.
    fn finish(&self, sequence: usize, output: T, head: Head) -> bool {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.waiting.insert(sequence, (output, head));
        let before = inner.wanted;
        let Taking { waiting, wanted, take, meter, stopped } = &mut *inner;
        while !*stopped && let Some((output, head)) = waiting.remove(wanted) {
            *wanted += 1;
            *stopped = !take(output, &head);
            meter.count(&head);
        }
        if inner.stopped || inner.wanted > before {
            self.taken.notify_all();
        }
        // Whoever works on the one that is wanted does not come by here before it is taken.
        while !inner.stopped && inner.waiting.len() >= self.most {
            inner = self.taken.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
        !inner.stopped
    }
}

/// Wakes the others when a thread ends otherwise than it should: what it worked on never comes.
struct Leaving<'a, 'o, T>(&'a Order<'o, T>);

impl<T> Drop for Leaving<'_, '_, T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.inner.lock().unwrap_or_else(PoisonError::into_inner).stopped = true;
            self.0.taken.notify_all();
        }
    }
}

/// All on this thread.
fn alone<W: Work>(
    lines: &mut Lines<'_>,
    work: &W,
    take: Take<'_, W::Output>,
    meter: &mut Meter<'_>,
) -> Result<(), String> {
    let mut state = work.start();
    let mut chunk = Chunk::default();
    while lines.next(&mut chunk) {
        chunk.unpack();
        let output = work.chunk(&mut state, &chunk);
        if !take(output, &chunk.head) {
            break;
        }
        meter.count(&chunk.head);
    }
    work.end(state);
    std::mem::replace(&mut lines.result, Ok(()))
}

/// Waits for its turn and reads the next chunk; its number in the order, or nothing at the end.
fn next(source: &Mutex<Source<'_>>, chunk: &mut Chunk) -> Option<usize> {
    source.lock().unwrap_or_else(PoisonError::into_inner).next(chunk)
}

/// Tells the progress.
struct Meter<'a> {
    done: u64,
    shown: Instant,
    progress: &'a mut (dyn FnMut(u64) + Send),
}

impl Meter<'_> {
    fn count(&mut self, head: &Head) {
        self.done += head.len as u64;
        if self.shown.elapsed() >= TICK {
            self.shown = Instant::now();
            (self.progress)(self.done);
        }
    }
}

/// The inputs, of which threads take chunks.
struct Source<'a> {
    lines: Lines<'a>,
    /// The number of the next chunk.
    sequence: usize,
}

impl Source<'_> {
    /// Reads the next chunk; its number in the order, or nothing at the end.
    fn next(&mut self, chunk: &mut Chunk) -> Option<usize> {
        if !self.lines.next(chunk) {
            return None;
        }
        self.sequence += 1;
        Some(self.sequence - 1)
    }
}

/// Cuts inputs into chunks.
struct Lines<'a> {
    inputs: &'a [PathBuf],
    /// How many bytes a chunk has, about.
    size: usize,
    /// Which of them is read next.
    input: usize,
    /// The one that is being read.
    reading: Option<Reading>,
    /// What was read of a line that goes on.
    rest: Buffer,
    /// Whether the line that goes on is too long, and is passed over.
    skipping: bool,
    /// How it ended.
    result: Result<(), String>,
}

enum Reading {
    Lines(Box<dyn Read + Send>),
    Log(EventLog),
}

impl<'a> Lines<'a> {
    fn new(inputs: &'a [PathBuf], size: usize) -> Lines<'a> {
        let (rest, result) = (Buffer::default(), Ok(()));
        Lines { inputs, size, input: 0, reading: None, rest, skipping: false, result }
    }

    /// Fills the chunk with what comes next; `false` at the end of all, or at an error.
    fn next(&mut self, chunk: &mut Chunk) -> bool {
        // Nothing of the chunk before: the next may be of another input, of another kind.
        chunk.bytes.clear();
        (chunk.head, chunk.packed) = (Head::default(), None);
        while self.result.is_ok() {
            let at = self.input;
            let Some(path) = self.inputs.get(at) else { return false };
            let mut fill = || -> Result<bool, String> {
                let mut reading = match self.reading.take() {
                    Some(it) => it,
                    None => open(path)?,
                };
                let more = match &mut reading {
                    Reading::Lines(reader) => {
                        let (rest, skipping) = (&mut self.rest, &mut self.skipping);
                        lines(reader, self.size, chunk, rest, skipping)
                            .map_err(|err| err.to_string())?
                    }
                    Reading::Log(log) => {
                        chunk.packed = log.next();
                        chunk.packed.is_some()
                    }
                };
                self.reading = more.then_some(reading);
                Ok(more)
            };
            match fill() {
                Ok(true) => {
                    chunk.head.input = at;
                    chunk.head.len = chunk.bytes.len();
                    return true;
                }
                Ok(false) => self.input += 1,
                Err(err) => {
                    let shown = match path.to_str() {
                        Some("-") => "standard input".into(),
                        _ => path.to_string_lossy(),
                    };
                    self.result = Err(format!("can't read `{shown}`: {err}"));
                }
            }
        }
        false
    }
}

/// Fills the chunk with whole lines; `false` when there are no more.
fn lines(
    reader: &mut dyn Read,
    size: usize,
    chunk: &mut Chunk,
    rest: &mut Buffer,
    skipping: &mut bool,
) -> io::Result<bool> {
    let buffer = &mut chunk.bytes;
    buffer.write_all(rest)?;
    rest.clear();
    loop {
        let start = buffer.len();
        // A long line is read in growing steps, but not far beyond what is taken.
        let want = size.max(start).min(MOST + size - start);
        let read = read_some(reader, buffer, want)?;
        let ended = read == 0;
        let end = match memchr::memrchr(b'\n', &buffer[start..]) {
            _ if ended => buffer.len(),
            Some(at) => start + at + 1,
            // A line that goes on.
            None if buffer.len() >= MOST => {
                buffer.truncate(0);
                if !std::mem::replace(skipping, true) {
                    chunk.head.too_long = true;
                    return Ok(true);
                }
                continue;
            }
            None => continue,
        };
        if *skipping {
            // Until the end of the line that is left out.
            match memchr::memchr(b'\n', buffer) {
                Some(at) => {
                    buffer.forget(at + 1);
                    *skipping = false;
                }
                None => buffer.truncate(0),
            }
            if !ended {
                continue;
            }
            *skipping = false;
            return Ok(!buffer.is_empty());
        }
        rest.write_all(&buffer[end..])?;
        buffer.truncate(end);
        chunk.head.paused = read < want;
        return Ok(!buffer.is_empty());
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

fn open(path: &Path) -> Result<Reading, String> {
    if path.as_os_str() == "-" {
        return Ok(Reading::Lines(Box::new(io::stdin())));
    }
    let kind = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
    if kind.eq_ignore_ascii_case("evtx") {
        return EventLog::open(path).map(Reading::Log).map_err(|err| err.to_string());
    }
    let file = File::open(path).map_err(|err| err.to_string())?;
    Ok(Reading::Lines(match kind {
        "gz" => Box::new(flate2::read::MultiGzDecoder::new(BufReader::new(file))),
        "zst" => Box::new(
            ruzstd::decoding::StreamingDecoder::new(BufReader::new(file))
                .map_err(|err| err.to_string())?,
        ),
        _ => Box::new(file),
    }))
}
