//! Spectral estimates of lane groups of series; pure.
