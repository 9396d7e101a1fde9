/** Words with white space between them. */
const words = (text: string): string[] => text.trim().split(/\s+/);

/** What computes numbers and texts from numbers and texts, and nothing else. */
const PURE = words(`
  Abs Acos Acosh Add AddN AddV2 Asin Asinh Atan Atan2 Atanh BiasAdd BiasAddV1 BitwiseAnd BitwiseOr BitwiseXor Ceil
  ClipByValue Cos Cosh Cumprod Cumsum CumulativeLogsumexp Digamma Div DivNoNan Elu Equal ApproximateEqual Erf Erfc Erfinv
  Exp Expm1 Floor FloorDiv FloorMod Greater GreaterEqual Inv Invert IsFinite IsInf IsNan L2Loss LeakyRelu LeftShift Less
  LessEqual Lgamma Log Log1p LogSoftmax LogicalAnd LogicalNot LogicalOr Maximum Minimum Mod Mul MulNoNan Ndtri Neg
  NextAfter NotEqual PopulationCount Pow RealDiv Reciprocal Relu Relu6 RightShift Rint Round Rsqrt Selu Sigmoid Sign Sin
  Sinh Softmax Softplus Softsign Sqrt Square SquaredDifference Sub Tan Tanh TruncateDiv TruncateMod Xdivy Xlog1py Xlogy

  All Any ArgMax ArgMin Bincount DenseBincount EuclideanNorm HistogramFixedWidth InTopK InTopKV2 KthOrderStatistic
  LowerBound Max Mean Min NthElement Prod SegmentMax SegmentMean SegmentMin SegmentProd SegmentSum Sum TopK TopKV2 Unique
  UniqueV2 UniqueWithCounts UniqueWithCountsV2 UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentProd
  UnsortedSegmentSum UpperBound

  AvgPool AvgPool3D BatchNormWithGlobalNormalization BatchToSpace BatchToSpaceND Conv Conv2D Conv2DBackpropInput Conv3D
  Conv3DBackpropInputV2 CropAndResize DepthToSpace DepthwiseConv2dNative DepthwiseConv2dNativeBackpropInput Dilation2D
  ExtractImagePatches ExtractVolumePatches FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 FusedPadConv2D
  FusedResizeAndPadConv2D ImageProjectiveTransformV2 ImageProjectiveTransformV3 LRN MaxPool MaxPool3D MaxPoolV2
  MaxPoolWithArgmax NonMaxSuppression NonMaxSuppressionV2 NonMaxSuppressionV3 NonMaxSuppressionV4 NonMaxSuppressionV5
  CombinedNonMaxSuppression ResizeArea ResizeBicubic ResizeBilinear ResizeNearestNeighbor ScaleAndTranslate SpaceToBatch
  SpaceToBatchND SpaceToDepth AdjustContrastv2 AdjustHue AdjustSaturation HSVToRGB RGBToHSV

  BatchMatMul BatchMatMulV2 BatchMatMulV3 Cross Diag DiagPart Einsum MatMul MatrixBandPart MatrixDiag MatrixDiagPart
  MatrixDiagPartV2 MatrixDiagPartV3 MatrixDiagV2 MatrixDiagV3 MatrixSetDiag MatrixSetDiagV2 MatrixSetDiagV3 Cholesky
  MatrixInverse MatrixDeterminant MatrixSolve MatrixTriangularSolve FFT FFT2D FFT3D IFFT IFFT2D IFFT3D RFFT RFFT2D RFFT3D
  IRFFT IRFFT2D IRFFT3D Complex ComplexAbs Conj Real Imag Angle

  BlockLSTM BlockLSTMV2 GRUBlockCell LSTMBlockCell FakeQuantWithMinMaxArgs FakeQuantWithMinMaxVars
  FakeQuantWithMinMaxVarsPerChannel Dequantize QuantizeV2 QuantizeAndDequantizeV2 QuantizeAndDequantizeV3
  QuantizeAndDequantizeV4 Bucketize

  Bitcast BroadcastArgs BroadcastTo Cast Concat ConcatOffset ConcatV2 ConjugateTranspose Const DataFormatDimMap
  DataFormatVecPermute EnsureShape ExpandDims Fill Gather GatherNd GatherV2 Identity IdentityN InvertPermutation LinSpace
  ListDiff MirrorPad OneHot OnesLike Pack Pad PadV2 ParallelConcat Range Rank Reshape Reverse ReverseSequence ReverseV2
  Roll ScatterNd ScatterNdNonAliasingAdd Select SelectV2 Shape ShapeN Size Slice Snapshot SparseToDense Split SplitV
  Squeeze StridedSlice TensorScatterAdd TensorScatterMax TensorScatterMin TensorScatterSub TensorScatterUpdate
  TensorStridedSliceUpdate Tile Transpose UnravelIndex Unpack Where ZerosLike

  SparseAdd SparseConcat SparseDenseCwiseAdd SparseDenseCwiseDiv SparseDenseCwiseMul SparseFillEmptyRows SparseMatMul
  SparseReduceMax SparseReduceSum SparseReorder SparseReshape SparseSegmentMean SparseSegmentMeanWithNumSegments
  SparseSegmentSqrtN SparseSegmentSqrtNWithNumSegments SparseSegmentSum SparseSegmentSumWithNumSegments SparseSlice
  SparseSoftmax SparseSplit SparseTensorDenseAdd SparseTensorDenseMatMul RaggedGather RaggedRange RaggedTensorToSparse
  RaggedTensorToTensor RaggedTensorFromVariant RaggedTensorToVariant SparseBincount

  AsString ReduceJoin RegexFullMatch RegexReplace StaticRegexFullMatch StaticRegexReplace StringFormat StringJoin
  StringLength StringLower StringNGrams StringSplit StringSplitV2 StringStrip StringToHashBucket StringToHashBucketFast
  StringToHashBucketStrong StringToNumber StringUpper Substr UnicodeDecode UnicodeDecodeWithOffsets UnicodeEncode
  UnicodeScript UnicodeTranscode UnsortedSegmentJoin
`);

/** What passes values on, calls functions, loops and branches. */
const CONTROL = words(`
  Case ControlTrigger Enter Exit If LoopCond Merge NextIteration NoOp PartitionedCall Placeholder PlaceholderV2
  PlaceholderWithDefault PreventGradient RefEnter RefExit RefIdentity RefMerge RefNextIteration RefSelect RefSwitch
  StatefulPartitionedCall StatelessCase StatelessIf StatelessWhile StopGradient Switch While
  Assert CheckNumerics CheckNumericsV2

  EmptyTensorList TensorArrayCloseV3 TensorArrayConcatV3 TensorArrayGatherV3 TensorArrayReadV3 TensorArrayScatterV3
  TensorArraySizeV3 TensorArraySplitV3 TensorArrayV3 TensorArrayWriteV3 TensorListConcat TensorListConcatLists
  TensorListConcatV2 TensorListElementShape TensorListFromTensor TensorListGather TensorListGetItem TensorListLength
  TensorListPopBack TensorListPushBack TensorListPushBackBatch TensorListReserve TensorListResize TensorListScatter
  TensorListScatterIntoExistingList TensorListScatterV2 TensorListSetItem TensorListSplit TensorListStack
`);

/** Weights and tables, which live in the memory of the session. */
const STATE = words(`
  AssignAddVariableOp AssignSubVariableOp AssignVariableOp DestroyResourceOp DisableCopyOnRead HashTableV2
  IsVariableInitialized LookupTableFindV2 LookupTableImportV2 LookupTableInsertV2 LookupTableSizeV2 MutableHashTableV2
  MutableHashTableOfTensorsV2 ReadVariableOp ResourceGather ResourceGatherNd VarHandleOp VarIsInitializedOp VariableShape
  InitializeTableV2
`);

/**
 * Operators that a SavedModel may have: whatever is not listed is refused, so that what a later TensorFlow adds is refused
 * too. None of them reads or writes files, calls Python, opens connections or loads libraries. Operators that draw random
 * numbers are none of them either: what they give cannot be audited twice.
 */
export const ALLOWED: ReadonlySet<string> = new Set([...PURE, ...CONTROL, ...STATE]);

/** What the function that restores weights has beyond that. */
export const RESTORING: ReadonlySet<string> = new Set(['RestoreV2']);

/** What the function that saves weights has beyond that; nothing ever calls it. */
export const SAVING: ReadonlySet<string> = new Set(['MergeV2Checkpoints', 'SaveV2', 'ShardedFilename']);

const REASONS: readonly (readonly [RegExp, string])[] = [
  [/Py.?Func|PyFunction|PyCall/, 'runs Python'],
  [/^(Restore|Save|MergeV2Checkpoints|ShardedFilename|Checkpoint)/, 'reads or writes checkpoints'],
  [/File|Directory|Reader|Record|ImmutableConst|Dump|VocabRemapping|MatchingFiles/, 'reads or writes files'],
  [/Rpc|Grpc|Socket|Send|Recv|Collective|DataService|RemoteCall|BigQuery|Kafka/, 'speaks to other processes'],
  [/Dataset|Iterator/, 'reads data by itself'],
  [/Random|Stateless.*(Normal|Uniform)|Multinomial|TruncatedNormal/, 'draws random numbers'],
  [/Decode|Parse/, 'parses files of other formats'],
  [/Xla|TPU|Mlir/, 'runs compiled programs'],
];

/** Why an operator that is not allowed is not. */
export function whyRefused(op: string): string {
  return REASONS.find(([pattern]) => pattern.test(op))?.[1] ?? 'is none of those that Assay lets TensorFlow run';
}
