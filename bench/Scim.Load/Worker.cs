using System.Diagnostics;
using System.Runtime.InteropServices;
using Scim.Load.Http;

namespace Scim.Load;

/// <summary>The timed requests of one kind that a worker sent, and what was wrong with them.</summary>
internal sealed class Series
{
    public List<long> Ticks { get; } = new(4096);

    public double Units { get; set; }

    public Dictionary<string, int> Failures { get; } = [];
}

/// <summary>One thread with one connection, one request at a time.</summary>
internal sealed class Worker(Target target, int number) : IDisposable
{
    private const int KeptReasons = 3;
    private const int MostRepeats = 60;

    public Target Target => target;

    public int Number => number;

    public Connection Http { get; } = new(target.BaseAddress, target.Token);

    public RequestBody Body { get; } = new();

    /// <summary>Seeded by the worker's number: every target is asked for the same.</summary>
#pragma warning disable CA5394 // Which user is read next is no secret.
    private readonly Random _random = new((number * 7919) + 17);

    public Dictionary<string, Series> Series { get; } = [];

    public int Next(int bound) => _random.Next(bound);
#pragma warning restore CA5394

    public int Steps { get; set; }

    public string? Cursor { get; set; }

    public int Seen { get; set; }

    /// <summary>True for one step in 64: those whose answers are looked at closely.</summary>
    public bool IsInspected() => Steps++ % 64 == 0;

    /// <summary>Sends and times; true when the status is <paramref name="expected"/>, else the failure is noted.</summary>
    public bool Time(
        string series,
        int expected,
        string method,
        string path,
        RequestBody? body = null,
        double units = 1,
        int? orStatus = null
    )
    {
        var started = Stopwatch.GetTimestamp();
        var status = Http.Send(method, path, body);
        var elapsed = Stopwatch.GetTimestamp() - started;
        var known = Of(series);
        known.Ticks.Add(elapsed);
        known.Units += units;
        var right = status == expected || status == orStatus;
        Check(series, right, right ? "" : $"{method}: {status} {Http.Text[..Math.Min(200, Http.Text.Length)]}");
        return right;
    }

    /// <summary>Sends without timing, as preparation; anything but the expected status ends the run.</summary>
    public void Require(int expected, string method, string path, RequestBody? body = null) =>
        Require(Http.Send(method, path, body), expected, method, path);

    /// <summary>The same, sent again for a while when a server that is busy sheds it with 503 and Retry-After.</summary>
    public void RequireOnceServed(int expected, string method, string path, RequestBody body)
    {
        var status = Http.Send(method, path, body);
        for (var again = 0; status == 503 && Http.HasRetryAfter && again < MostRepeats; again++)
        {
            Thread.Sleep(TimeSpan.FromSeconds(1));
            status = Http.Send(method, path, body);
        }

        Require(status, expected, method, path);
    }

    /// <summary>Counts a failure under its reason; beyond a few different ones all others count as one.</summary>
    public void Fail(string series, string reason)
    {
        var failures = Of(series).Failures;
        var key = failures.Count < KeptReasons || failures.ContainsKey(reason) ? reason : "others";
        CollectionsMarshal.GetValueRefOrAddDefault(failures, key, out _)++;
    }

    public void Check(string series, bool holds, string reason)
    {
        if (!holds)
        {
            Fail(series, reason);
        }
    }

    public string Id() =>
        Answers.Text(Http.Body, "id") ?? throw new LoadException($"{target.Name}: no id in the answer.");

    public void Dispose() => Http.Dispose();

    private void Require(int status, int expected, string method, string path)
    {
        if (status != expected)
        {
            throw new LoadException($"{target.Name}: {method} {path}: {status}, not {expected}. {Http.Text}");
        }
    }

    private Series Of(string name)
    {
        if (!Series.TryGetValue(name, out var series))
        {
            Series[name] = series = new Series();
        }

        return series;
    }
}
