// A function for AWS's own Node.js client: answers, errors, an exit, and an answer in pieces.
let served = 0;

exports.handler = async (event, context) => {
  served += 1;
  if (event.do === "raise") throw new TypeError("boom");
  if (event.do === "exit") process.exit(3);
  return { served, event, id: context.awsRequestId, name: context.functionName };
};

exports.streaming = awslambda.streamifyResponse(async (event, stream) => {
  stream.write("one ");
  await new Promise((done) => setTimeout(done, 20));
  stream.write("two");
  stream.end();
});
