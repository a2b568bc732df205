# SPDX-License-Identifier: Apache-2.0
# Where things are installed. A wheel has programs and engines in segfleet/bin/ of the package, beside the `openvino`
# package that the engine takes its libraries from. Elsewhere: bin, lib, include, and lib/segfleet for the engines.
if(SKBUILD)
  set(SEGFLEET_INSTALL_BIN bin)
  set(SEGFLEET_INSTALL_ENGINES bin)
  set(SEGFLEET_OPENVINO_RPATH "$ORIGIN/../../openvino/libs")
else()
  set(SEGFLEET_INSTALL_BIN bin)
  set(SEGFLEET_INSTALL_ENGINES lib/segfleet)
  set(SEGFLEET_OPENVINO_RPATH ${SEGFLEET_OPENVINO_LIBS})
endif()
