using System.Diagnostics;
using System.Text;

namespace Scim.TestKit;

/// <summary>
/// A process of our own that cannot outlive the test run: beside it a watcher waits for the end of a pipe that this
/// process holds, and kills it then. It is started through <c>exec</c>, so its process id is the program's.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    // The watcher is a child of the program: while its parent is still the program, the id cannot be someone else's.
    // A file that may not grow any more is to be an error of the write, as on a full disk, and not a signal.
    private const string Attached = """
        trap '' XFSZ
        exec 3<&0 </dev/null
        ( while read -r -u 3 _; do :; done
          read -r _ _ _ parent _ <"/proc/$BASHPID/stat"
          [ "$parent" != "$$" ] || kill -9 "$$" ) >/dev/null 2>&1 &
        exec 3<&-
        exec "$@"
        """;

    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private readonly Process _process;

    private ChildProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Append(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Append(_error, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public string Output => Read(_output);

    public string Error => Read(_error);

    /// <summary>Runs a built program with its settings in the environment.</summary>
    public static ChildProcess Start(
        string program,
        IReadOnlyDictionary<string, string> settings,
        IEnumerable<string> arguments
    )
    {
        var start = new ProcessStartInfo("bash")
        {
            WorkingDirectory = Path.GetDirectoryName(program),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])["-c", Attached, Path.GetFileName(program), "dotnet", program, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (key, value) in settings)
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        return new ChildProcess(start);
    }

    /// <summary>SIGKILL, by its own process id.</summary>
    public void Kill() => _process.Kill();

    public Task WaitForExitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.StandardInput.Close();
        _process.Dispose();
    }

    private static void Append(StringBuilder text, string? line)
    {
        lock (text)
        {
            if (line is not null)
            {
                text.AppendLine(line);
            }
        }
    }

    private static string Read(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }
}
