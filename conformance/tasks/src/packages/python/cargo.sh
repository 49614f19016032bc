#!/bin/sh
# Cargo, without what maturin tells the build of pyo3 about the interpreter.
unset PYO3_CONFIG_FILE PYO3_ENVIRONMENT_SIGNATURE PYO3_PYTHON PYTHON_SYS_EXECUTABLE
exec cargo "$@"
