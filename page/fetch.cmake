# cmake -D NPM=npm -D FROM=page -D INTO=FOLDER -P fetch.cmake: the packages of the lock file in
# FOLDER/node_modules, and FOLDER/fetched. A machine that npm's registry cannot be reached from still
# builds the program: its pages have tables in place of plots and say so, and the next build tries
# again.
cmake_minimum_required(VERSION 3.25)
file(COPY ${FROM}/package.json ${FROM}/package-lock.json DESTINATION ${INTO})
execute_process(
  COMMAND ${NPM} ci --prefer-offline --ignore-scripts --no-audit --no-fund --fetch-retries=1
          --loglevel=error
  WORKING_DIRECTORY ${INTO} RESULT_VARIABLE failed OUTPUT_QUIET ERROR_VARIABLE reason)
if(NOT failed)
  file(TOUCH ${INTO}/fetched)
  return()
endif()
string(REGEX REPLACE "\n.*" "" reason "${reason}")
message(WARNING "npm cannot fetch the plotting library (${reason}): the pages of this build have no "
                "plots. Behind a proxy with a certificate of its own set NODE_EXTRA_CA_CERTS.")
file(REMOVE ${INTO}/fetched)
file(WRITE ${INTO}/node_modules/@observablehq/plot/package.json
     "{\"name\": \"@observablehq/plot\", \"main\": \"index.js\", \"type\": \"module\"}\n")
file(WRITE ${INTO}/node_modules/@observablehq/plot/index.js "export const isMissing = true;\n")
