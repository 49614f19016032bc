//! Numbers that never follow from data.

use net_types::{
    redex::{FORMAT_VERSION, RedexError},
    wire::redex::{RedexHead, RedexMark},
};

use crate::{
    Damage, Part,
    dir::{Dir, File, read_full, write_full},
    fault,
    segment::newer,
};

/// The name of the file.
pub(crate) const HEAD: &str = "head";

/// Where the copies are: far enough apart that no write that tears hits both.
const COPIES: [u64; 2] = [0, 4096];

/// Where the mark is.
const MARK: u64 = 8192;

/// Numbers that are reserved at once when a writer begins; later so many times as many as it has handed out.
const FEWEST: u64 = 64;
const GROWTH: u64 = 15;

/// Numbers that are reserved at once at most.
const MOST: u64 = 1 << 20;

/// The file `head` of a log, as its writer knows it.
#[derive(Debug)]
pub(crate) struct Head<F> {
    file: F,
    value: RedexHead,
    /// The first number that this writer hands out.
    began: u64,
}

/// What `head` says to whoever opens the log.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) value: RedexHead,
    pub(crate) mark: Mark,
    /// Copies that are damaged, which the other one makes up for.
    pub(crate) damages: Vec<Damage>,
}

/// What need not be on disk.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Mark {
    /// Records below this number are on disk.
    pub(crate) durable: u64,
    /// Records below this number were given up by retention.
    pub(crate) retained: u64,
}

impl<F: File> Head<F> {
    /// The head of a log whose file says so. Nothing of it is on disk before [`Head::begin`].
    pub(crate) const fn of(file: F, value: RedexHead) -> Self {
        Self { file, value, began: 0 }
    }

    pub(crate) const fn log_id(&self) -> u64 {
        self.value.log_id
    }

    pub(crate) const fn epoch(&self) -> u64 {
        self.value.epoch
    }

    /// Begins an epoch whose first number is `next`.
    pub(crate) fn begin<D: Dir<File = F>>(&mut self, dir: &D, next: u64) -> Result<(), RedexError> {
        self.began = next;
        let epoch = self.value.epoch + 1;
        let reserved = next.saturating_add(FEWEST);
        self.write(dir, RedexHead { epoch, reserved, flags_clean: false, ..self.value.clone() })
    }

    /// Reserves numbers up to, and without, `next` on disk, and some more ahead.
    #[inline]
    pub(crate) fn reserve<D: Dir<File = F>>(&mut self, dir: &D, next: u64) -> Result<(), RedexError> {
        if next <= self.value.reserved {
            return Ok(());
        }
        let ahead = (next - self.began).saturating_mul(GROWTH).clamp(FEWEST, MOST);
        let reserved = next.saturating_add(ahead);
        self.write(dir, RedexHead { reserved, ..self.value.clone() })
    }

    /// Brings to the disk what retention gave up, so that no segment that is removed is missed.
    pub(crate) fn settle<D: Dir<File = F>>(&mut self, dir: &D) -> Result<(), RedexError> {
        self.write(dir, self.value.clone())
    }

    /// Writes down that the log ends in order.
    pub(crate) fn close<D: Dir<File = F>>(&mut self, dir: &D, next: u64) -> Result<(), RedexError> {
        self.write(dir, RedexHead { next_seq: next, flags_clean: true, ..self.value.clone() })
    }

    /// Writes down how far the log is on disk, and what retention gave up. Losing that is no harm, and so is failing.
    pub(crate) fn mark(&mut self, mark: Mark) {
        (self.value.durable, self.value.retained) = (mark.durable, mark.retained);
        let mark = RedexMark {
            format: FORMAT_VERSION,
            unused: 0,
            log_id: self.value.log_id,
            durable: mark.durable,
            retained: mark.retained,
        };
        if let Ok(bytes) = mark.encode() {
            let _ = write_full(&self.file, &bytes, MARK);
        }
    }

    fn write<D: Dir<File = F>>(&mut self, dir: &D, value: RedexHead) -> Result<(), RedexError> {
        let wrong = |error| fault::io("write", dir, HEAD, &error);
        write_copies(&self.file, &value).map_err(wrong)?;
        // Numbers that are reserved in a file that nobody finds are not reserved.
        if !self.file.is_linked().map_err(wrong)? {
            return Err(RedexError::Vanished { path: fault::path(dir, HEAD) });
        }
        self.value = value;
        Ok(())
    }
}

/// What a new log begins with.
pub(crate) const fn fresh(log_id: u64, epoch: u64) -> RedexHead {
    RedexHead {
        format: FORMAT_VERSION,
        flags_clean: true,
        flags_rest: 0,
        log_id,
        epoch,
        reserved: 0,
        next_seq: 0,
        retained: 0,
        durable: 0,
    }
}

/// Writes both copies, one after the other, so that one of them is whole at any time.
pub(crate) fn write_copies(file: &impl File, value: &RedexHead) -> std::io::Result<()> {
    let bytes = value.encode().map_err(|_| std::io::ErrorKind::InvalidInput)?;
    for at in COPIES {
        write_full(file, &bytes, at)?;
        file.sync()?;
    }
    Ok(())
}

/// Reads `head`; nothing if the file is not there, or was never written.
pub(crate) fn read<D: Dir>(dir: &D, file: &D::File) -> Result<Option<Found>, RedexError> {
    let mut found: Option<RedexHead> = None;
    let mut damages = Vec::new();
    let mut is_blank = true;
    for at in COPIES {
        let mut bytes = [0; RedexHead::SIZE];
        read_full(file, &mut bytes, at).map_err(|error| fault::io("read", dir, HEAD, &error))?;
        is_blank &= bytes == [0; RedexHead::SIZE];
        match RedexHead::decode(&bytes) {
            Ok(copy) if copy.format > FORMAT_VERSION => {
                return Err(newer(fault::path(dir, HEAD), copy.format));
            }
            Ok(copy) => found = Some(found.map_or(copy.clone(), |other| later(other, copy))),
            Err(_) => {
                damages.push(Damage::harmless(Part::HeadCopy, HEAD, at, "a copy of the head is damaged"))
            }
        }
    }
    match found {
        None if is_blank => Ok(None),
        None => Err(fault::corrupt(dir, &damages[0])),
        Some(value) => {
            let mark = read_mark(file, value.log_id);
            let mark = Mark {
                durable: mark.durable.max(value.durable),
                retained: mark.retained.max(value.retained),
            };
            Ok(Some(Found { value, mark, damages }))
        }
    }
}

/// The copy that was written later: reservations and epochs only grow, and closing comes last.
fn later(one: RedexHead, other: RedexHead) -> RedexHead {
    let age = |head: &RedexHead| (head.epoch, head.reserved, head.flags_clean);
    if age(&other) > age(&one) { other } else { one }
}

fn read_mark(file: &impl File, log_id: u64) -> Mark {
    let mut bytes = [0; RedexMark::SIZE];
    let mark = match read_full(file, &mut bytes, MARK) {
        Ok(_) => RedexMark::decode(&bytes).ok(),
        Err(_) => None,
    };
    let mark = mark.filter(|mark| mark.log_id == log_id);
    mark.map_or_else(Mark::default, |mark| Mark { durable: mark.durable, retained: mark.retained })
}
