# qprompt_stage(NAME SOURCES ... LIBRARIES ...): one folder of the data flow as an object library.
# All stages together are libqprompt, and qprompt_stages for our own programs and tests.
# Types behind a pimpl may be a file's own: joined units would warn.
set(QPROMPT_WARNINGS -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wold-style-cast
                     $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
if(QPROMPT_WARNINGS_AS_ERRORS)
  list(APPEND QPROMPT_WARNINGS -Werror)
endif()

# What most units read, parsed once: half of a build is headers otherwise.
set(QPROMPT_PRECOMPILED
  <Eigen/Core> <algorithm> <array> <cstdint> <filesystem> <functional> <map> <memory> <optional>
  <span> <sstream> <stdexcept> <string> <string_view> <unordered_map> <vector>)
set_property(GLOBAL PROPERTY QPROMPT_LIBRARIES "")

# Eigen types cross the library's border: their alignment must not depend on the consumer's flags, nor
# their arithmetic on whether a stage is compiled with OpenMP.
set(QPROMPT_EIGEN EIGEN_MAX_ALIGN_BYTES=32 EIGEN_DONT_PARALLELIZE)

function(qprompt_stage name)
  cmake_parse_arguments(arg "OWN_FLAGS" "" "SOURCES;LIBRARIES" ${ARGN})
  add_library(qprompt_${name} OBJECT ${arg_SOURCES})
  target_compile_features(qprompt_${name} PUBLIC cxx_std_20)
  target_compile_options(qprompt_${name} PRIVATE ${QPROMPT_WARNINGS})
  target_compile_definitions(qprompt_${name} PUBLIC ${QPROMPT_EIGEN})
  target_include_directories(qprompt_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(qprompt_${name} PUBLIC Eigen3::Eigen PRIVATE ${arg_LIBRARIES})
  set_target_properties(qprompt_${name} PROPERTIES
    POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  set_property(GLOBAL APPEND PROPERTY QPROMPT_LIBRARIES ${arg_LIBRARIES})
  # Where units are joined (CMAKE_UNITY_BUILD): a stage is one; kernels are compiled for each machine
  # by including themselves, which a joined unit cannot.
  set_target_properties(qprompt_${name} PROPERTIES UNITY_BUILD_BATCH_SIZE 0)
  if(arg_OWN_FLAGS)
    set_target_properties(qprompt_${name} PROPERTIES UNITY_BUILD OFF)
  endif()
  # Precompiled headers serve only units with the same flags.
  if(name STREQUAL core)
    target_precompile_headers(qprompt_core PRIVATE ${QPROMPT_PRECOMPILED})
  elseif(NOT arg_OWN_FLAGS)
    target_precompile_headers(qprompt_${name} REUSE_FROM qprompt_core)
  endif()
endfunction()
