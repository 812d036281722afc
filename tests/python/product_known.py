"""Records whose spectra are known without an estimate: inertial circles in both hemispheres, one ellipse."""

import numpy as np

import product_input
import product_reference as reference
from product_case import Case


def known(program, work, parts) -> int:
    """Circles at f0 of 0.3 m/s and then 0.6 m/s, and one ellipse: what is known of them without an estimate."""
    failed = 0

    def tell(good, message) -> None:
        nonlocal failed
        print(f"{'ok  ' if good else 'FAIL'} known: {message}")
        failed += not good

    samples = 60
    df = 4 / samples
    folder = work / "circles"
    if {"zonal", "scaled", "spectrogram", "base"} & set(parts):
        product_input.circles(folder)
        case = Case("circles", folder, samples, {"near_inertial": ["0.5 f", "1.5 f"]}, [], {"width": 2.5}, {}, centre=False)
        result = case.run(program, work, [part for part in parts if part in ("zonal", "scaled", "spectrogram")], "f64")
        # Fifteen half-overlapping segments: seven before the change of speed, one across it, seven after.
        energy = 0.5 * (0.3**2 + 0.6**2)
    if "base" in parts:
        turn = result.rotary_psd.idxmax("freq_time")
        tell(bool((np.abs(turn + result.f0) <= df / 2 + 1e-9).all()), "circles are at -f0, within half a bin")
    if "zonal" in parts:
        f0 = 2 * reference.OMEGA * np.sin(np.deg2rad(result.lat)) * 86400 / (2 * np.pi)
        peak = result.zonal_psd.idxmax("freq_time")
        tell(bool((np.abs(peak + f0) <= df / 2 + 1e-9).all()), "zonal_psd has its peaks at -f0 at 24 latitudes, within half a bin")
        variance = result.zonal_psd.sum("freq_time") * df
        far = np.abs(f0) > 4 * df
        tell(bool(np.allclose(variance[far], energy, rtol=0.03)), f"zonal_psd integrates to the mean square speed, {energy:.4f}")
    if "scaled" in parts:
        step = float(result.f_ratio[1] - result.f_ratio[0])
        f0 = 2 * reference.OMEGA * np.sin(np.deg2rad(result.lat)) * 86400 / (2 * np.pi)
        near = np.abs(f0) < 2 * df
        empty = result.zonal_psd_scaled.isnull().all("f_ratio")
        tell(bool((empty == near).all()), "zonal_psd_scaled is not there within 2 df of f = 0, and is elsewhere")
        # At low latitudes a bin of the spectrum is wider than those of f_ratio: a plateau of equal values.
        seen = result.zonal_psd_scaled.isel(lat=~near.values)
        half_bin = df / 2 / np.abs(f0[~near.values])
        peak = seen.fillna(0).max("f_ratio")
        at = (seen.f_ratio * (seen >= 0.999 * peak)).sum("f_ratio") / (seen >= 0.999 * peak).sum("f_ratio")
        tell(bool((np.abs(at + 1) <= half_bin + step).all() and (at < 0).all()),
             f"zonal_psd_scaled has its peak at -1 at {at.size} latitudes of both hemispheres")
        inside = np.abs(seen.f_ratio + 1) <= 4 * half_bin + step
        share = seen.where(inside, 0).sum("f_ratio") * step
        tell(bool(np.allclose(share, energy, rtol=0.05)), f"and around it the mean square speed, {energy:.4f}: {share.values.round(4)}")
    if "spectrogram" in parts:
        far = np.abs(result.f0.values) > 6 * df
        series = result.band_ke_segments.isel(band=0).transpose("j", "i", "time_segment").values[far]
        count = series.shape[1]
        tell(count == 15 and np.allclose(series[:, :7], 0.5 * 0.3**2, rtol=0.01) and np.allclose(series[:, 8:], 0.5 * 0.6**2, rtol=0.01),
             f"band_ke_segments is {0.5 * 0.3**2:.3f} in the first half, {0.5 * 0.6**2:.3f} in the second")
    if "components" in parts:
        major, minor, degrees, bin_number = 0.3, -0.12, 130.0, 7
        folder = work / "ellipses"
        product_input.ellipses(folder, bin_number * df, major, minor, degrees)
        case = Case("ellipses", folder, samples, {"line": [bin_number * df - 0.2, bin_number * df + 0.2]}, [], {}, {}, centre=False)
        result = case.run(program, work, ["components"], "f64").isel(freq_time_one_sided=bin_number)
        ratio = (result.ellipse_minor / result.ellipse_major).values
        tell(np.allclose(ratio, minor / major, atol=1e-6), f"ellipse: minor / major {ratio.flat[0]}, is {minor / major}")
        found = result.ellipse_inclination.values
        tell(np.allclose((found - degrees + 90) % 180, 90, atol=1e-4), f"ellipse: inclination {found.flat[0]}, is {degrees}")
        tell(np.allclose(result.ellipse_stability, 1, atol=1e-6), "ellipse: stability 1")
        coefficient = 2 * major * minor / (major**2 + minor**2)
        tell(np.allclose(result.rotary_coefficient, coefficient, atol=1e-6), f"ellipse: rotary coefficient {coefficient:.4f}")
        # A line on a bin, by a Hann window, has 2/3 of its variance there.
        density = 2 / 3 * (major**2 + minor**2) / 4 / df
        tell(np.allclose(result.ke_psd, density, rtol=1e-5), f"ellipse: ke_psd {float(result.ke_psd[0, 0]):.5f}, is {density:.5f}")
        axis = 2 / 3 * major**2
        tell(np.allclose(result.ellipse_major**2, axis, rtol=1e-5), f"ellipse: semi-major axis {float(result.ellipse_major[0, 0]):.5f}, is {axis**0.5:.5f}")
    return failed
