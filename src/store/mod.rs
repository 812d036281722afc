//! Arrays to Zarr.
