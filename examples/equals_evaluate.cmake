# The example tells the accuracies that `qprompt evaluate` tells of the prompt that it saved.
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND ${EXAMPLE} ${DEMO}/model ${DEMO}/pictures ${METHOD} ${PROMPT} 2
                        ${DEMO}/pictures/val/red_dotted_star/00.webp
                OUTPUT_VARIABLE told COMMAND_ERROR_IS_FATAL ANY)
foreach(half base new)
  execute_process(COMMAND ${PROGRAM} evaluate --quiet --model ${DEMO}/model --data ${DEMO}/pictures
                          --prompt ${PROMPT} --classes ${half}
                  OUTPUT_VARIABLE evaluated COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCH "accuracy ([0-9.]+) %" ignored "${evaluated}")
  set(expected "${half} classes: ${CMAKE_MATCH_1} %")
  string(FIND "${told}" "${expected}" found)
  if(CMAKE_MATCH_1 STREQUAL "" OR found EQUAL -1)
    message(FATAL_ERROR "expected '${expected}' in:\n${told}")
  endif()
  message(STATUS "${expected}")
endforeach()
