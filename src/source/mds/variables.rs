//! Which files hold each field of the configuration, and which record of them it is.

use super::super::SourceError;
use super::layout::RecordChoice;
use super::listing::{ListedFile, Listing};
use super::{MdsField, MdsRequest};

/// Where a field is.
#[derive(Clone, Debug)]
pub(super) struct Located {
    /// What stands for `{name}` in its files; empty where the template has no `{name}`.
    pub(super) stem: String,
    /// Its record.
    pub(super) record: RecordChoice,
    /// Its files with an iteration, in order.
    pub(super) files: Vec<ListedFile>,
}

/// Finds the files of every field: those of its name; else, for a name without files, those whose `.meta` lists it.
/// A template without `{name}` has all fields in one file.
///
/// What is worth telling goes to `notes`.
///
/// # Errors
/// [`SourceError::NoSnapshots`], [`SourceError::SeveralFiles`].
pub(super) fn locate(
    listing: &Listing,
    request: &MdsRequest,
    notes: &mut Vec<String>,
) -> Result<Vec<Located>, SourceError> {
    request.fields.iter().map(|field| locate_one(listing, request, field, notes)).collect()
}

fn with_iteration(files: Vec<ListedFile>) -> Vec<ListedFile> {
    files.into_iter().filter(|file| file.iteration.is_some()).collect()
}

fn locate_one(
    listing: &Listing,
    request: &MdsRequest,
    field: &MdsField,
    notes: &mut Vec<String>,
) -> Result<Located, SourceError> {
    let files = with_iteration(listing.files_of(&field.name));
    let by_name = || RecordChoice::Name(field.name.clone());
    if !request.pattern.has_name() {
        let record = field.record.clone().unwrap_or_else(by_name);
        return if files.is_empty() {
            Err(no_snapshots(listing, request, field))
        } else {
            Ok(Located { stem: String::new(), record, files })
        };
    }
    if !files.is_empty() {
        let record = field.record.clone().unwrap_or(RecordChoice::Number(1));
        return Ok(Located { stem: field.name.clone(), record, files });
    }
    // A record that was asked for belongs to files of the name.
    if field.record.is_some() {
        return Err(no_snapshots(listing, request, field));
    }
    let holders: Vec<(String, Vec<ListedFile>)> = listing
        .sorted()
        .fields
        .into_iter()
        .map(|(stem, files)| (stem, with_iteration(files)))
        .filter(|(_, files)| lists(listing, files, &field.name))
        .collect();
    let names: Vec<String> = holders.iter().map(|(stem, _)| stem.clone()).collect();
    match <[_; 1]>::try_from(holders) {
        Ok([(stem, files)]) => {
            notes.push(format!(
                "{} = \"{}\" is the field of that name in the files of {stem}, by their .meta",
                field.key, field.name
            ));
            Ok(Located { stem, record: by_name(), files })
        }
        Err(none) if none.is_empty() => Err(no_snapshots(listing, request, field)),
        Err(_) => Err(SourceError::SeveralFiles {
            key: field.key.to_owned(),
            field: field.name.clone(),
            advice: advice(request, &names[0]),
            files: names,
        }),
    }
}

/// Whether the `.meta` of the first or the last of the files lists a field.
fn lists(listing: &Listing, files: &[ListedFile], name: &str) -> bool {
    let two = files.first().into_iter().chain(files.last()).cloned().collect();
    let facts = listing.examine(two);
    facts
        .iter()
        .filter_map(|facts| facts.meta.as_ref()?.as_ref().ok())
        .any(|meta| meta.fields.iter().any(|f| f == name))
}

fn advice(request: &MdsRequest, stem: &str) -> String {
    let files: Vec<String> = request.fields.iter().map(|field| format!("{} = \"{stem}\"", field.key)).collect();
    let records: Vec<String> = request.fields.iter().map(|field| format!("\"{}\"", field.name)).collect();
    format!(
        "write for example {}, record = [{}]; or pattern = \"{}\"",
        files.join(", "),
        records.join(", "),
        request.pattern.to_string().replace("{name}", stem)
    )
}

fn no_snapshots(listing: &Listing, request: &MdsRequest, field: &MdsField) -> SourceError {
    let example = request.pattern.file_name(&field.name, 0);
    let names = listing.names();
    let nearest = names
        .iter()
        .map(|name| (strsim::jaro_winkler(name, &example), name))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or_else(String::new, |(_, name)| format!("; nearest is {name}"));
    SourceError::NoSnapshots {
        field: field.name.clone(),
        key: field.key.to_owned(),
        path: request.folder.clone(),
        count: names.len(),
        example,
        pattern: request.pattern.to_string(),
        nearest,
    }
}
