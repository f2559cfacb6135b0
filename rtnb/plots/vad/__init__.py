"""Pictures and cards of turn detection: tracks, labels, scores, sweeps, mistakes, trials, calibrations."""
