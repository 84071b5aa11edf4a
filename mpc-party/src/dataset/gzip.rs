//! Text that may be compressed, decided from its first bytes. A gzip file may have several members, as bgzip writes
//! them; each ends with a checksum. A file whose first member is bgzip's must also end with bgzip's end mark: without
//! it, whole members may have been cut off, and nothing else would tell.

use std::fmt;
use std::io::{self, BufReader, Chain, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

/// Bytes read at a time.
const BUFFER_BYTES: usize = 1 << 16;
/// An empty member of bgzip: the end mark.
const END_MARK: [u8; 28] = [
    0x1f, 0x8b, 0x08, 0x04, 0, 0, 0, 0, 0, 0xff, 6, 0, b'B', b'C', 2, 0, 0x1b, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0,
    0,
];
/// How bgzip's members differ from others: extra fields, the first of which is called BC.
const BGZIP: [(usize, u8); 3] = [(3, 0x04), (12, b'B'), (13, b'C')];

/// Compressed data that cannot be what was compressed.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Damaged {
    /// It ends too early.
    CutOff,
    /// It is no gzip, or a checksum differs.
    Corrupt,
}

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CutOff => "the compressed file is cut off here",
            Self::Corrupt => "the compressed file is damaged here",
        })
    }
}

impl std::error::Error for Damaged {}

/// The text of a file.
pub(super) enum Text<R> {
    /// As it is.
    Plain(Input<R>),
    /// Decompressed on the way.
    Gzip {
        /// What decompresses.
        decoder: Box<MultiGzDecoder<BufReader<Tail<Input<R>>>>>,
        /// Whether it must end with the end mark.
        is_bgzip: bool,
    },
}

type Input<R> = Chain<Cursor<Vec<u8>>, R>;

impl<R: Read> Text<R> {
    /// Looks at the first bytes.
    pub(super) fn new(mut input: R) -> io::Result<Self> {
        let mut start = Vec::new();
        input.by_ref().take(END_MARK.len() as u64).read_to_end(&mut start)?;
        let is_gzip = start.starts_with(&[0x1f, 0x8b]);
        let is_bgzip = BGZIP.iter().all(|(at, byte)| start.get(*at) == Some(byte));
        let input = Cursor::new(start).chain(input);
        if !is_gzip {
            return Ok(Self::Plain(input));
        }
        let tail = Tail { input, last: Vec::with_capacity(2 * END_MARK.len()) };
        let decoder = Box::new(MultiGzDecoder::new(BufReader::with_capacity(BUFFER_BYTES, tail)));
        Ok(Self::Gzip { decoder, is_bgzip })
    }

    /// With a buffer, for lines.
    pub(super) fn buffered(self) -> BufReader<Self> {
        BufReader::with_capacity(BUFFER_BYTES, self)
    }
}

impl<R: Read> Read for Text<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (decoder, is_bgzip) = match self {
            Self::Plain(input) => return input.read(buffer),
            Self::Gzip { decoder, is_bgzip } => (decoder, *is_bgzip),
        };
        match decoder.read(buffer) {
            Ok(0) if !buffer.is_empty() && is_bgzip && decoder.get_ref().get_ref().last != END_MARK => {
                Err(io::Error::other(Damaged::CutOff))
            }
            Err(error) => Err(match error.kind() {
                io::ErrorKind::UnexpectedEof => io::Error::other(Damaged::CutOff),
                io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
                    io::Error::other(Damaged::Corrupt)
                }
                _ => error,
            }),
            read => read,
        }
    }
}

/// A reader that remembers the last bytes it gave.
pub(super) struct Tail<R> {
    input: R,
    last: Vec<u8>,
}

impl<R: Read> Read for Tail<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        let new = buffer.get(count.saturating_sub(END_MARK.len())..count).unwrap_or_default();
        self.last.extend_from_slice(new);
        let surplus = self.last.len().saturating_sub(END_MARK.len());
        self.last.drain(..surplus);
        Ok(count)
    }
}
