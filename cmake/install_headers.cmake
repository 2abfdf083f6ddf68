# Run by `cmake --install`: the public headers are qprompt/qprompt.h and every header of the project
# that it includes, directly or not; users of the library need Eigen beside them and nothing else.
# SOURCE: the checkout; INCLUDE_DIR: below the prefix.
cmake_minimum_required(VERSION 3.25)

set(queue qprompt/qprompt.h)
set(installed "")
while(queue)
  list(POP_FRONT queue header)
  if(header IN_LIST installed)
    continue()
  endif()
  list(APPEND installed ${header})
  get_filename_component(folder ${header} DIRECTORY)
  file(INSTALL ${SOURCE}/${header} DESTINATION ${CMAKE_INSTALL_PREFIX}/${INCLUDE_DIR}/${folder})
  file(STRINGS ${SOURCE}/${header} includes REGEX "^ *#include \"qprompt/")
  list(TRANSFORM includes REPLACE "^ *#include \"([^\"]+)\".*" "\\1")
  list(APPEND queue ${includes})
  file(STRINGS ${SOURCE}/${header} foreign REGEX "^ *#include <[^>]+[/.]")
  list(FILTER foreign EXCLUDE REGEX "<Eigen/")
  if(foreign)
    message(FATAL_ERROR "${header} is public and needs more than Eigen: ${foreign}")
  endif()
endwhile()
