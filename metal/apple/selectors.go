package apple

// method is one Objective-C message as Metal's and Foundation's headers declare
// it: the class or protocol that has it, its selector, and the C++ types that
// metal-cpp gives its result and arguments.
type method struct {
	class, name string
	static      bool // sent to the class, not to an instance
	result      string
	args        []string
}

// sel lists every message that this package sends. A test compares it with the
// headers' own list.
var sel = struct {
	alloc, init                                                  method
	stringWithCString, utf8String                                method
	count, objectAtIndex, fileURL                                method
	errorCode, errorText                                         method
	processInfo, thermalState, lowPower, osVersion               method
	deviceName, unifiedMemory, workingSet, maxBuffer, supports   method
	maxGroupMemory, newQueue, newBuffer, newLibrary, newPipeline method
	openLibrary, setFastMath, setLanguage                        method
	functionNames, newFunction, newSpecialized                   method
	setConstant                                                  method
	maxThreads, executionWidth, fixedGroupMemory                 method
	contents                                                     method
	commandBuffer                                                method
	computeEncoder, commit, status, bufferError                  method
	gpuStart, gpuEnd                                             method
	setPipeline, setBuffer, setBytes, setGroupMemory, dispatch   method
	endEncoding                                                  method
}{
	alloc:             method{class: "NSObject", name: "alloc", result: "_Class*", args: []string{"const char*"}},
	init:              method{class: "NSObject", name: "init", result: "_Class*"},
	stringWithCString: method{class: "NSString", name: "stringWithCString:encoding:", static: true, result: "NS::String*", args: []string{"const char*", "StringEncoding"}},
	utf8String:        method{class: "NSString", name: "UTF8String", result: "const char*"},
	count:             method{class: "NSArray", name: "count", result: "NS::UInteger"},
	objectAtIndex:     method{class: "NSArray", name: "objectAtIndex:", result: "_Object*", args: []string{"UInteger"}},
	fileURL:           method{class: "NSURL", name: "fileURLWithPath:", static: true, result: "NS::URL*", args: []string{"const String*"}},
	errorCode:         method{class: "NSError", name: "code", result: "NS::Integer"},
	errorText:         method{class: "NSError", name: "localizedDescription", result: "NS::String*"},

	processInfo:  method{class: "NSProcessInfo", name: "processInfo", static: true, result: "NS::ProcessInfo*"},
	thermalState: method{class: "NSProcessInfo", name: "thermalState", result: "NS::ProcessInfoThermalState"},
	lowPower:     method{class: "NSProcessInfo", name: "isLowPowerModeEnabled", result: "bool"},
	osVersion:    method{class: "NSProcessInfo", name: "operatingSystemVersionString", result: "NS::String*"},

	deviceName:     method{class: "MTLDevice", name: "name", result: "NS::String*"},
	unifiedMemory:  method{class: "MTLDevice", name: "hasUnifiedMemory", result: "bool"},
	workingSet:     method{class: "MTLDevice", name: "recommendedMaxWorkingSetSize", result: "uint64_t"},
	maxBuffer:      method{class: "MTLDevice", name: "maxBufferLength", result: "NS::UInteger"},
	maxGroupMemory: method{class: "MTLDevice", name: "maxThreadgroupMemoryLength", result: "NS::UInteger"},
	supports:       method{class: "MTLDevice", name: "supportsFamily:", result: "bool", args: []string{"MTL::GPUFamily"}},
	newQueue:       method{class: "MTLDevice", name: "newCommandQueue", result: "MTL::CommandQueue*"},
	newBuffer:      method{class: "MTLDevice", name: "newBufferWithLength:options:", result: "MTL::Buffer*", args: []string{"NS::UInteger", "MTL::ResourceOptions"}},
	newLibrary:     method{class: "MTLDevice", name: "newLibraryWithSource:options:error:", result: "MTL::Library*", args: []string{"const NS::String*", "const MTL::CompileOptions*", "NS::Error**"}},
	openLibrary:    method{class: "MTLDevice", name: "newLibraryWithURL:error:", result: "MTL::Library*", args: []string{"const NS::URL*", "NS::Error**"}},
	newPipeline:    method{class: "MTLDevice", name: "newComputePipelineStateWithFunction:error:", result: "MTL::ComputePipelineState*", args: []string{"const MTL::Function*", "NS::Error**"}},

	setFastMath:    method{class: "MTLCompileOptions", name: "setFastMathEnabled:", result: "void", args: []string{"bool"}},
	setLanguage:    method{class: "MTLCompileOptions", name: "setLanguageVersion:", result: "void", args: []string{"MTL::LanguageVersion"}},
	functionNames:  method{class: "MTLLibrary", name: "functionNames", result: "NS::Array*"},
	newFunction:    method{class: "MTLLibrary", name: "newFunctionWithName:", result: "MTL::Function*", args: []string{"const NS::String*"}},
	newSpecialized: method{class: "MTLLibrary", name: "newFunctionWithName:constantValues:error:", result: "MTL::Function*", args: []string{"const NS::String*", "const MTL::FunctionConstantValues*", "NS::Error**"}},
	setConstant:    method{class: "MTLFunctionConstantValues", name: "setConstantValue:type:atIndex:", result: "void", args: []string{"const void*", "MTL::DataType", "NS::UInteger"}},
	maxThreads:     method{class: "MTLComputePipelineState", name: "maxTotalThreadsPerThreadgroup", result: "NS::UInteger"},
	executionWidth: method{class: "MTLComputePipelineState", name: "threadExecutionWidth", result: "NS::UInteger"},

	fixedGroupMemory: method{class: "MTLComputePipelineState", name: "staticThreadgroupMemoryLength", result: "NS::UInteger"},

	contents:       method{class: "MTLBuffer", name: "contents", result: "void*"},
	commandBuffer:  method{class: "MTLCommandQueue", name: "commandBufferWithUnretainedReferences", result: "MTL::CommandBuffer*"},
	computeEncoder: method{class: "MTLCommandBuffer", name: "computeCommandEncoder", result: "MTL::ComputeCommandEncoder*"},
	commit:         method{class: "MTLCommandBuffer", name: "commit", result: "void"},
	status:         method{class: "MTLCommandBuffer", name: "status", result: "MTL::CommandBufferStatus"},
	bufferError:    method{class: "MTLCommandBuffer", name: "error", result: "NS::Error*"},
	gpuStart:       method{class: "MTLCommandBuffer", name: "GPUStartTime", result: "CFTimeInterval"},
	gpuEnd:         method{class: "MTLCommandBuffer", name: "GPUEndTime", result: "CFTimeInterval"},

	setPipeline:    method{class: "MTLComputeCommandEncoder", name: "setComputePipelineState:", result: "void", args: []string{"const MTL::ComputePipelineState*"}},
	setBuffer:      method{class: "MTLComputeCommandEncoder", name: "setBuffer:offset:atIndex:", result: "void", args: []string{"const MTL::Buffer*", "NS::UInteger", "NS::UInteger"}},
	setBytes:       method{class: "MTLComputeCommandEncoder", name: "setBytes:length:atIndex:", result: "void", args: []string{"const void*", "NS::UInteger", "NS::UInteger"}},
	setGroupMemory: method{class: "MTLComputeCommandEncoder", name: "setThreadgroupMemoryLength:atIndex:", result: "void", args: []string{"NS::UInteger", "NS::UInteger"}},
	dispatch:       method{class: "MTLComputeCommandEncoder", name: "dispatchThreads:threadsPerThreadgroup:", result: "void", args: []string{"MTL::Size", "MTL::Size"}},
	endEncoding:    method{class: "MTLCommandEncoder", name: "endEncoding", result: "void"},
}
