# cmake -D LIBRARY=<libqprompt.so> -D NM=<nm> -P check_public_symbols.cmake: the library shows its
# public interface and nothing else: no other library's names, none of its own insides.
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND ${NM} --dynamic --defined-only --demangle ${LIBRARY}
                OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE ";" ":" output "${output}")
string(REPLACE "\n" ";" lines "${output}")
set(strangers "")
set(count 0)
foreach(line IN LISTS lines)
  if(NOT line MATCHES "^[0-9a-f]* [A-Za-z] (.*)$")
    continue()
  endif()
  set(name "${CMAKE_MATCH_1}")
  math(EXPR count "${count} + 1")
  if(name MATCHES "^(qprompt_[a-z_]+@@QPROMPT_C_[0-9]+|QPROMPT_C(XX|_[0-9]+))$")
    continue()  # tests/c has a list of them
  endif()
  if(NOT name MATCHES "^(typeinfo for |typeinfo name for |vtable for )?qprompt::" OR
     name MATCHES "^qprompt::(Checkpoint|TextTower|ImageTower|PromptLearner|Quantizer|kernels)")
    list(APPEND strangers "${name}")
  endif()
endforeach()
list(JOIN strangers "\n  " text)
if(strangers OR count LESS 20)
  message(FATAL_ERROR "${LIBRARY} shows ${count} names, among them:\n  ${text}")
endif()
message(STATUS "public symbols: ${count}")
