"""The host's side of MLPerf Tiny's device protocol: performance and accuracy scripts.

Messages and scripts are those of mlcommons/tiny (`benchmark/api`, `benchmark/runner`). Energy is
not measured: that takes a power analyser and the interface board that goes with it.
"""
