using Scim.Domain.Errors;
using Scim.Domain.Resources;

namespace Scim.Application.Bulk;

/// <summary>One thing to run: an operation, or the link that a circular reference needs after both ends exist.</summary>
/// <param name="Index">Of the operation in the request.</param>
/// <param name="Detached">The data without references that were circular; empty to use the operation's own.</param>
internal sealed record BulkStep(
    int Index,
    BulkOperation Operation,
    ReadOnlyMemory<byte> Detached = default,
    bool IsLink = false
);

/// <summary>
/// The order of a bulk request: as sent, but an operation waits for those whose bulkIds it refers to. Those that wait for
/// one another are made without the references and linked right after, within one chunk.
/// </summary>
internal sealed class BulkRun
{
    private const int ChunkSize = 100;

    // Creations of users go to the database together, so that more of them hold its locks for no longer.
    private const int CreationsChunkSize = 250;

    private readonly int? _failOnErrors;
    private readonly IReadOnlyList<BulkOperation> _operations;
    private readonly HashSet<string>[] _references;
    private readonly HashSet<string> _made = new(StringComparer.Ordinal);
    private readonly HashSet<int> _twins = [];
    private readonly List<int> _waiting;
    private BulkResult?[] _results;
    private Dictionary<string, string> _ids = new(StringComparer.Ordinal);
    private int _errors;

    public BulkRun(BulkRequest request)
    {
        _failOnErrors = request.FailOnErrors;
        _operations = request.Operations;
        _references = [.. _operations.Select(BulkReferences.Find)];
        _results = new BulkResult?[_operations.Count];
        _waiting = [.. Enumerable.Range(0, _operations.Count)];
        for (var i = 0; i < _operations.Count; i++)
        {
            if (
                _operations[i] is { BulkId: { } bulkId } operation
                && "POST".Equals(operation.Method, StringComparison.OrdinalIgnoreCase)
                && !_made.Add(bulkId)
            )
            {
                _twins.Add(i);
            }
        }
    }

    public IReadOnlyDictionary<string, string> Ids => _ids;

    /// <summary>No operation is left to schedule, or too many have failed.</summary>
    public bool IsOver => _waiting.Count == 0 || HasFailed;

    /// <summary>As many operations failed as <c>failOnErrors</c> allows; the rest is not run.</summary>
    public bool HasFailed => _errors >= (_failOnErrors ?? int.MaxValue);

    /// <summary>In the order of the request; operations that were not run are missing (RFC 7644 §3.7.3).</summary>
    public IReadOnlyList<BulkResult> Results => [.. _results.OfType<BulkResult>()];

    public IReadOnlyList<BulkStep> NextChunk()
    {
        var size = _waiting.Take(CreationsChunkSize).All(i => IsPlainCreation(i)) ? CreationsChunkSize : ChunkSize;
        var chunk = new List<BulkStep>();
        var scheduled = new HashSet<string>(_ids.Keys, StringComparer.Ordinal);
        // References to a bulkId that no operation makes, or whose operation failed, are errors of the operation itself.
        var pending = new HashSet<string>(
            _waiting.Select(i => _operations[i].BulkId).OfType<string>(),
            StringComparer.Ordinal
        );
        for (var progress = true; progress && chunk.Count < size; )
        {
            progress = false;
            for (var i = 0; i < _waiting.Count && chunk.Count < size; i++)
            {
                var index = _waiting[i];
                if (!_references[index].All(reference => scheduled.Contains(reference) || !pending.Contains(reference)))
                {
                    continue;
                }

                chunk.Add(new BulkStep(index, _operations[index]));
                if (_operations[index].BulkId is { } bulkId)
                {
                    scheduled.Add(bulkId);
                    pending.Remove(bulkId);
                }

                _waiting.RemoveAt(i--);
                progress = true;
            }
        }

        if (chunk.Count == 0)
        {
            AddCircle(chunk, scheduled);
        }

        return chunk;
    }

    public (BulkResult?[] Results, Dictionary<string, string> Ids, int Errors) Save() =>
        ([.. _results], new(_ids, StringComparer.Ordinal), _errors);

    public void Restore((BulkResult?[] Results, Dictionary<string, string> Ids, int Errors) state) =>
        (_results, _ids, _errors) = ([.. state.Results], new(state.Ids, StringComparer.Ordinal), state.Errors);

    /// <summary>The data to send, with references resolved.</summary>
    /// <exception cref="ScimException">409 for a reference to a resource that was not made (RFC 7644 §3.7.2).</exception>
    public ReadOnlyMemory<byte> DataOf(BulkStep step)
    {
        if (_twins.Contains(step.Index))
        {
            throw ScimError.InvalidValue(
                "bulkId is taken by another operation of this request; each POST has its own (RFC 7644 §3.7)."
            );
        }

        var data = step.Detached.IsEmpty ? step.Operation.Data : step.Detached;
        var left = step.Detached.IsEmpty
            ? _references[step.Index]
            : BulkReferences.Find(step.Operation with { Data = data });
        foreach (var reference in left)
        {
            if (!_ids.ContainsKey(reference))
            {
                throw ScimError.Conflict(
                    _made.Contains(reference)
                        ? $"bulkId {JsonText.Quote(reference)} has no resource: the operation that makes it failed (RFC 7644 §3.7.2)."
                        : $"bulkId {JsonText.Quote(reference)} is not made by any operation of this request (RFC 7644 §3.7.2)."
                );
            }
        }

        return BulkReferences.Resolve(data, _ids);
    }

    /// <summary>How many steps from there on are creations of users that need nothing of other operations.</summary>
    public int CountPlainCreations(IReadOnlyList<BulkStep> chunk, int start)
    {
        var end = start;
        while (
            end < chunk.Count
            && chunk[end] is { IsLink: false, Detached.IsEmpty: true }
            && IsPlainCreation(chunk[end].Index)
        )
        {
            end++;
        }

        return end - start;
    }

    public bool HasMade(BulkStep step) => _results[step.Index] is { Error: null };

    public void Succeed(BulkStep step, BulkResult result)
    {
        if (step.IsLink)
        {
            _results[step.Index] = _results[step.Index]! with { Version = result.Version };
            return;
        }

        _results[step.Index] = result;
        if (step.Operation.BulkId is { } bulkId && result.Id is { } id)
        {
            _ids[bulkId] = id;
        }
    }

    public void Fail(BulkStep step, ScimError error)
    {
        _results[step.Index] = new BulkResult(
            step.Operation,
            error.Status,
            BulkTarget.ResourceTypeOf(step.Operation),
            _results[step.Index]?.Id ?? BulkTarget.IdOf(step.Operation, _ids),
            null,
            error
        );
        _errors++;
    }

    public void FailAll(IReadOnlyList<BulkStep> chunk, ScimError error)
    {
        foreach (var step in chunk)
        {
            if (!step.IsLink)
            {
                Fail(step, error);
            }
        }
    }

    private bool IsPlainCreation(int index) =>
        _failOnErrors is null
        && _references[index].Count == 0
        && !_twins.Contains(index)
        && BulkTarget.IsPlainCreationOfUser(_operations[index]);

    private void AddCircle(List<BulkStep> chunk, HashSet<string> scheduled)
    {
        var links = new List<BulkStep>();
        foreach (var index in _waiting)
        {
            var operation = _operations[index];
            var unresolved = _references[index]
                .Where(reference => !scheduled.Contains(reference))
                .ToHashSet(StringComparer.Ordinal);
            if (
                unresolved.Count == 0
                || !"POST".Equals(operation.Method, StringComparison.OrdinalIgnoreCase)
                || operation.Data.IsEmpty
                || operation.Data.Span[0] != (byte)'{'
            )
            {
                chunk.Add(new BulkStep(index, operation));
            }
            else
            {
                var (data, link) = BulkReferences.Detach(operation.Data, unresolved);
                chunk.Add(new BulkStep(index, operation, data));
                if (!link.IsEmpty)
                {
                    var path = $"{operation.Path!.TrimEnd('/')}/bulkId:{operation.BulkId}";
                    links.Add(
                        new BulkStep(
                            index,
                            operation with
                            {
                                Method = "PATCH",
                                Path = path,
                                Data = link,
                                Version = null,
                            },
                            IsLink: true
                        )
                    );
                }
            }

            if (operation.BulkId is { } bulkId)
            {
                scheduled.Add(bulkId);
            }
        }

        _waiting.Clear();
        chunk.AddRange(links);
    }
}
