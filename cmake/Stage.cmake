# qprompt_stage(NAME SOURCES ... LIBRARIES ...): one folder of the data flow as an object library;
# all stages together are libqprompt.
set(QPROMPT_WARNINGS -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wold-style-cast)
if(QPROMPT_WARNINGS_AS_ERRORS)
  list(APPEND QPROMPT_WARNINGS -Werror)
endif()

function(qprompt_stage name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_library(qprompt_${name} OBJECT ${arg_SOURCES})
  target_compile_features(qprompt_${name} PUBLIC cxx_std_20)
  target_compile_options(qprompt_${name} PRIVATE ${QPROMPT_WARNINGS})
  # Eigen types cross the library's border: their alignment must not depend on the consumer's flags.
  target_compile_definitions(qprompt_${name} PUBLIC EIGEN_MAX_ALIGN_BYTES=32)
  target_include_directories(qprompt_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(qprompt_${name} PUBLIC Eigen3::Eigen PRIVATE ${arg_LIBRARIES})
  set_target_properties(qprompt_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
endfunction()
