//! What a run finds of an earlier one that did not finish.

use tracing::info;

use super::analysis::Analysis;
use super::identity::{Identity, check_config, essential};
use super::setup::Setup;
use super::spectra::kept_names;
use crate::Error;
use crate::config::Config;
use crate::exchange::{World, agree};
use crate::fault;
use crate::plan::Tile;
use crate::store::{Found, JournalFile, ResultStore, TileRecord, Unfinished};
use crate::terms::Bytes;

/// What there is to go on with; nothing for a new run.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    /// Number of this run or resumption, from 1.
    pub(super) session: u32,
    /// Finished tiles, by place; the same on all ranks.
    pub(super) tiles: Vec<TileRecord>,
    /// On rank 0, where there is one.
    pub(super) unfinished: Option<Unfinished>,
}

impl Earlier {
    /// Whether a tile is finished.
    pub(super) fn has(&self, tile: &Tile) -> bool {
        let place = super::finished::place(tile);
        self.tiles.binary_search_by_key(&place, |record| record.tile).is_ok()
    }

    /// Shards of finished tiles that have a file.
    pub(super) fn shards(&self) -> u64 {
        self.tiles.iter().map(|record| u64::from(record.shards)).sum()
    }
}

/// Collective: what all ranks know of an earlier run. `found` and `identity` are rank 0's; `identity` is of this run.
///
/// # Errors
/// When the unfinished result is of another configuration, input or program, is in use, or cannot be read.
pub(super) fn earlier(
    config: &Config,
    world: &dyn World,
    setup: &Setup,
    found: Found,
    identity: Option<&Identity>,
) -> Result<Earlier, Error> {
    let path = &config.output.path;
    let taken = match (found, identity) {
        (Found::Unfinished, Some(identity)) => take(config, identity).map(Some),
        _ => Ok(None),
    };
    let unfinished = agree(world, fault::at("resume").and(taken), Error::exit_code)?;
    let words: Vec<u32> = unfinished.as_ref().map_or_else(Vec::new, |unfinished| {
        let files = unfinished.files.iter().flat_map(|file| [file.session, file.rank]);
        std::iter::once(unfinished.next_session()).chain(files).collect()
    });
    let words: Vec<u32> = numbers(&world.broadcast(bytemuck::cast_slice(&words).to_vec()));
    let Some((&session, files)) = words.split_first() else {
        return Ok(Earlier { session: 1, ..Earlier::default() });
    };
    let mine = files.as_chunks::<2>().0.iter().skip(world.rank()).step_by(world.size());
    let arrays = kept_names(config, &Analysis::of(config, setup.catalog.time())?);
    let mut records = Ok(Vec::new());
    for &[session, rank] in mine {
        let file = JournalFile { session, rank };
        let found = ResultStore::finished_tiles(path, file, &arrays, setup.grid.extent.has_faces());
        records = records.and_then(|mut all: Vec<TileRecord>| {
            all.extend(found?);
            Ok(all)
        });
    }
    let records = agree(world, records, Error::exit_code)?;
    let parts = world.gather(0, bytemuck::cast_slice(&records));
    let mut tiles: Vec<TileRecord> = parts.iter().flat_map(|part| numbers::<TileRecord>(part)).collect();
    // Of a tile that was done again, because its shard had been lost, the last one counts.
    tiles.sort_by_key(|record| (record.tile, std::cmp::Reverse(record.session)));
    tiles.dedup_by_key(|record| record.tile);
    let tiles: Vec<TileRecord> = numbers(&world.broadcast(bytemuck::cast_slice(&tiles).to_vec()));
    Ok(Earlier { session, tiles, unfinished })
}

/// Bytes that another rank sent, which may lie anywhere.
fn numbers<N: bytemuck::AnyBitPattern>(bytes: &[u8]) -> Vec<N> {
    bytes.chunks_exact(size_of::<N>()).map(bytemuck::pod_read_unaligned).collect()
}

fn take(config: &Config, identity: &Identity) -> Result<Unfinished, Error> {
    let path = &config.output.path;
    let (unfinished, then) = ResultStore::take_unfinished::<Identity>(path)?;
    identity.check(&then, &partial(config))?;
    Ok(unfinished)
}

/// The name of the unfinished result, for messages.
pub(super) fn partial(config: &Config) -> std::path::PathBuf {
    let mut name = config.output.path.clone().into_os_string();
    name.push(".partial");
    name.into()
}

/// Rank 0: puts a result in place that wanted nothing else.
///
/// # Errors
/// When it is of another configuration; errors of the file system.
pub(super) fn put_in_place(config: &Config) -> Result<(), Error> {
    let path = &config.output.path;
    let then = ResultStore::attribute_of_unfinished(path, "config")?;
    check_config(&essential(&then), &essential(&config.to_toml()), &partial(config))?;
    ResultStore::put_whole_in_place(path)?;
    info!("{} was whole but for its name", partial(config).display());
    Ok(())
}

/// What the log says of what was found.
pub(super) fn tell(earlier: &Earlier, total: usize) {
    let bytes = earlier.tiles.iter().map(|record| record.shard_bytes).sum();
    info!(
        "going on, session {}: {} of {total} tiles are finished, {} of spectra",
        earlier.session,
        earlier.tiles.len(),
        Bytes(bytes)
    );
}
