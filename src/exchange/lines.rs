//! Memory for lines, and the way into it past the caches.

use std::ops::{Deref, DerefMut};

use memmap2::MmapMut;

use crate::terms::{LANES, Line, Sample};

/// Lines in memory that the system gives page by page when they are first written, so that every thread brings in what
/// it writes, and in huge pages where it has them: neighbouring runs of a series lie a whole series apart.
///
/// What a line holds before it is written is not told: 0, or what an earlier use left.
#[derive(Debug, Default)]
pub(super) struct Lines<T> {
    memory: Option<MmapMut>,
    len: usize,
    _values: std::marker::PhantomData<T>,
}

impl<T: Sample> Lines<T> {
    /// Makes room for `lines`, in the memory held where that is enough.
    pub(super) fn hold(&mut self, lines: usize) {
        let bytes = lines * size_of::<Line<T>>();
        if self.memory.as_ref().map_or(0, |memory| memory.len()) < bytes {
            // The old memory goes first: both together would be above the plan's projection.
            self.memory = None;
            self.memory = Some(allocate(bytes));
        }
        self.len = lines;
    }
}

/// Memory of a mapping of its own; aborts where there is none, as any allocation does.
fn allocate(bytes: usize) -> MmapMut {
    let Ok(memory) = MmapMut::map_anon(bytes) else {
        let layout = std::alloc::Layout::from_size_align(bytes, 64).unwrap_or(std::alloc::Layout::new::<u8>());
        std::alloc::handle_alloc_error(layout)
    };
    #[cfg(target_os = "linux")]
    {
        // A wish: where the system has no huge pages, small ones do.
        let _ = memory.advise(memmap2::Advice::HugePage);
    }
    memory
}

impl<T: Sample> Deref for Lines<T> {
    type Target = [Line<T>];

    fn deref(&self) -> &[Line<T>] {
        let bytes = self.len * size_of::<Line<T>>();
        self.memory.as_ref().map_or(&[], |memory| bytemuck::cast_slice(&memory[..bytes]))
    }
}

impl<T: Sample> DerefMut for Lines<T> {
    fn deref_mut(&mut self) -> &mut [Line<T>] {
        let bytes = self.len * size_of::<Line<T>>();
        self.memory.as_mut().map_or(&mut [], |memory| bytemuck::cast_slice_mut(&mut memory[..bytes]))
    }
}

/// Writes a line without reading it into the caches first; [`settle`] makes such writes visible to other threads.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(super) fn stream<T: Sample>(line: &mut Line<T>, values: &[T]) {
    use std::arch::x86_64::{__m128i, _mm_loadu_si128, _mm_stream_si128};
    assert_eq!(values.len(), LANES);
    let (to, from) = (std::ptr::from_mut(line).cast::<__m128i>(), values.as_ptr().cast::<__m128i>());
    for part in 0..size_of::<Line<T>>() / size_of::<__m128i>() {
        // SAFETY: every x86-64 has SSE2; 16 values fill exactly a line, which is aligned to 64 bytes.
        unsafe { _mm_stream_si128(to.add(part), _mm_loadu_si128(from.add(part))) };
    }
}

#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
pub(super) fn stream<T: Sample>(line: &mut Line<T>, values: &[T]) {
    line.0.copy_from_slice(values);
}

/// Ends a thread's streamed writes.
#[inline]
pub(super) fn settle() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 has SSE.
    unsafe {
        std::arch::x86_64::_mm_sfence();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_held_written_and_reused() {
        let mut lines = Lines::<f32>::default();
        assert!(lines.is_empty());
        lines.hold(1000);
        assert!(lines.iter().all(|line| *line == Line::default()));
        let values: [f32; 17] = std::array::from_fn(|lane| lane as f32);
        lines.iter_mut().for_each(|line| stream(line, &values[1..]));
        settle();
        let address = lines.as_ptr();
        lines.hold(10);
        assert_eq!((lines.len(), lines.as_ptr()), (10, address));
        assert!(lines.iter().all(|line| line.0 == values[1..]));
        lines.hold(100_000);
        assert_eq!((lines.len(), lines[99_999]), (100_000, Line::default()));
    }
}
