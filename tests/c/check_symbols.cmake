# cmake -D LIBRARY=<libqprompt.so> -D NM=<nm> -D LIST=<symbols.txt> -P check_symbols.cmake: what the library
# shows to C is the list and nothing else, each under the version it came with. Whoever removes a line or
# moves it to another version breaks programs that are built.
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND ${NM} --dynamic --defined-only ${LIBRARY}
                OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "T qprompt_[^\n]*" found "${output}")
list(TRANSFORM found REPLACE "^T " "")
list(SORT found)
file(STRINGS ${LIST} expected)
if(NOT found STREQUAL expected)
  list(JOIN found "\n  " text)
  message(FATAL_ERROR "${LIBRARY} shows to C\n  ${text}\nexpected is what ${LIST} says")
endif()
